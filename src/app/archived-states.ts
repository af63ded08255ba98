import type { DependencyState } from "../domain/graph.ts";
import type { SpecId } from "../domain/id.ts";
import { isBroken } from "../domain/spec.ts";
import { ArchiveFiles } from "../store/archive-files.ts";

/** Returns how those of these specs stand that are in an archive on disk. */
export async function archivedStates(
  folder: string,
  ids: Iterable<SpecId>,
): Promise<ReadonlyMap<SpecId, DependencyState>> {
  const archive = new ArchiveFiles(folder);
  const known = await archive.ids();
  const states = new Map<SpecId, DependencyState>();
  for (const id of ids) {
    if (!known.has(id)) continue;
    const spec = await archive.get(id);
    const status =
      spec === undefined ? (await archive.entryOf(id))?.status : isBroken(spec) ? "" : spec.status;
    states.set(id, status === "cancelled" ? "cancelled" : "archived");
  }
  return states;
}
