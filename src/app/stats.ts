import type { SpecId } from "../domain/id.ts";
import { type BrokenSpec, isBroken, type Spec } from "../domain/spec.ts";
import { type LandedSpec, type Stats, statsOf } from "../domain/stats.ts";
import { type History, readHistory } from "./history.ts";
import { indexCache } from "../store/index-cache.ts";
import { SpecFiles } from "../store/spec-files.ts";
import { openArchive, type Workspace } from "./workspace.ts";

export interface StatsRequest {
  /** From when on, and now: milliseconds since 1970. */
  readonly sinceMs: number;
  readonly nowMs: number;
}

/**
 * Returns what became of the specs of a period.
 * @throws ChantError NOT_INITIALISED
 */
export async function stats(
  workspace: Workspace,
  { sinceMs, nowMs }: StatsRequest,
): Promise<{ readonly stats: Stats; readonly warning?: string }> {
  // All of it: what lands now may have been written long ago.
  const { happenings, attempts, warning } = await readHistory(workspace, { sinceMs: 0 });
  // What a landing left is in no commit of a silent project: it stands on disk.
  const specs = workspace.repo.isSilent === true ? await specsOnDisk(workspace) : new Map<SpecId, Spec>();
  const landed = landedSpecs(happenings, (id) => specs.get(id));
  const found = statsOf({ landed, attempts, sinceMs, nowMs });
  return { stats: found, ...(warning === undefined ? {} : { warning }) };
}

async function specsOnDisk(workspace: Workspace): Promise<ReadonlyMap<SpecId, Spec | BrokenSpec>> {
  const { places } = workspace;
  const [active, archived] = await Promise.all([
    new SpecFiles(places.specs, indexCache(places.index, Date.now)).all(),
    openArchive(workspace).then((archive) => archive.all()),
  ]);
  return new Map([...archived, ...active]);
}

/** Finds the landings, and when each spec was written and last started before it. */
function landedSpecs(
  happenings: History["happenings"],
  onDisk: (id: SpecId) => Spec | BrokenSpec | undefined,
): readonly LandedSpec[] {
  const written = new Map<SpecId, number>();
  const started = new Map<SpecId, number>();
  const landed: LandedSpec[] = [];
  for (const { id, kind, atMs, run, version } of happenings) {
    if (!written.has(id)) written.set(id, atMs);
    if (kind === "started") started.set(id, atMs);
    const found = version?.spec ?? onDisk(id);
    const spec = found === undefined || isBroken(found) ? undefined : found;
    // A driver is completed by its members, which are counted themselves.
    if ((kind !== "landed" && kind !== "completed") || spec === undefined || spec.autoCompleted) continue;
    const [writtenAtMs, startedAtMs] = [written.get(id), started.get(id)];
    landed.push({
      id,
      atMs,
      ...(run === undefined ? {} : { run }),
      ...(spec.agent === undefined ? {} : { agent: spec.agent }),
      ...(spec.model === undefined ? {} : { model: spec.model }),
      ...(spec.usage === undefined ? {} : { usage: spec.usage }),
      ...(writtenAtMs === undefined ? {} : { writtenAtMs }),
      ...(startedAtMs === undefined ? {} : { startedAtMs }),
    });
    // What is reset and started again has a lead time of its own.
    started.delete(id);
  }
  return landed;
}
