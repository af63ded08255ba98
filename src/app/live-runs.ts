import { join } from "node:path";
import { parseCriteria } from "../domain/criteria.ts";
import { compareIds, type SpecId } from "../domain/id.ts";
import { readIfExists } from "../host/files.ts";
import { specPath } from "../store/places.ts";
import { readRecords, type RunRecord } from "./engine/record.ts";
import { type RunState, viewRun } from "./run-view.ts";
import type { Workspace } from "./workspace.ts";

/** A run that is under way, for a view that is drawn again and again. */
export interface LiveRun {
  readonly id: SpecId;
  readonly title: string;
  readonly state: RunState;
  /** Wall time, milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly ticked: number;
  readonly criteria: number;
}

/** Returns the runs that are not over and do not wait for a person, sorted by id. */
export async function liveRuns({ places }: Workspace): Promise<readonly LiveRun[]> {
  const records = [...(await readRecords(places)).values()].filter(({ phase }) => phase !== "parked");
  const runs = await Promise.all(
    records.map(async (record) => liveRun(record, (await viewRun(places, record)).state)),
  );
  return runs.toSorted((a, b) => compareIds(a.id, b.id));
}

async function liveRun(record: RunRecord, state: RunState): Promise<LiveRun> {
  const { id, title, worktree, createdAtMs: startedAtMs } = record;
  const text = worktree === undefined ? undefined : await readIfExists(join(worktree, specPath(id)));
  const criteria = text === undefined ? [] : parseCriteria(text);
  const ticked = criteria.filter((criterion) => criterion.ticked).length;
  return { id, title, state, startedAtMs, ticked, criteria: criteria.length };
}
