import type { SpecId } from "../domain/id.ts";
import { type Guard, guardDifferences, GuardReader } from "../git/guard.ts";
import { guardFile, readJson, writeJson } from "./engine/launch.ts";
import { readRecords, runFolder } from "./engine/record.ts";
import type { Workspace } from "./workspace.ts";

/** What changed in the git configuration since a run's agent started. */
export interface ConfigChange {
  readonly id: SpecId;
  readonly differences: readonly string[];
}

/** Returns the runs since whose start the git configuration has got something that can run code. */
export async function untrustedConfig({ repo, places }: Workspace): Promise<readonly ConfigChange[]> {
  const now = await new GuardReader(repo).read();
  const changes: ConfigChange[] = [];
  for (const record of (await readRecords(places)).values()) {
    const before = await readJson<Guard>(guardFile(runFolder(places, record)));
    const differences = before === undefined ? [] : guardDifferences(before, now);
    if (differences.length > 0) changes.push({ id: record.id, differences });
  }
  return changes;
}

/** Accepts the git configuration as it is now, for these runs: their landings no longer wait for it. */
export async function trustConfig({ repo, places }: Workspace, ids: readonly SpecId[]): Promise<void> {
  const now = await new GuardReader(repo).read();
  const records = await readRecords(places);
  for (const id of ids) {
    const record = records.get(id);
    if (record !== undefined) await writeJson(guardFile(runFolder(places, record)), now);
  }
}
