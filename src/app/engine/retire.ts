import { effect } from "../../host/effects.ts";
import { cleanUp } from "./clean.ts";
import type { Engine } from "./engine.ts";
import { requireKeepable } from "./keep.ts";
import { publishMarks } from "./mark.ts";
import { mendRun } from "./mend-run.ts";
import { endOfLaunch } from "./pause.ts";
import { noteEnd } from "./launch-report.ts";
import { runFolder, type RunRecord, type Waits, writeRecord } from "./record.ts";
import { stopRun } from "./stop.ts";
import type { SpecReader } from "./world.ts";

/**
 * Gives a run up: ends its agent, keeps what it did in a snapshot, puts what the spec becomes onto the target, and
 * clears it away. The record says so from the first step on, so that whoever comes after a crash goes on. Returns
 * what holds it back, or undefined when nothing is left of it.
 * @throws ChantError WORKTREE_FAILED when its worktree holds what no snapshot can keep
 */
export async function retire(
  engine: Engine,
  record: RunRecord,
  specs: SpecReader,
): Promise<Waits | undefined> {
  if (record.phase !== "retiring") {
    await effect("park.record", () => writeRecord(engine.places, { ...record, phase: "retiring" }));
  }
  // Nothing is reported as stopped before it is.
  await stopRun(engine, record);
  const end = await endOfLaunch(runFolder(engine.places, record), record).catch(() => undefined);
  if (end !== undefined) noteEnd(engine, record, end);
  await mendRun(engine, record, async () => undefined);
  // A refusal comes before anything is said about the spec.
  await requireKeepable(engine, record);
  const marks = record.retire ?? [];
  const waits = marks.length === 0 ? undefined : await publishMarks(engine, record.target, specs, marks);
  if (waits !== undefined) return waits;
  const snapshot = await cleanUp(engine, { ...record, phase: "retiring" });
  if (record.isOrphan === true) {
    const { id, worktree: path = "" } = record;
    engine.emit({ kind: "orphan_cleaned", id, path, ...(snapshot === undefined ? {} : { snapshot }) });
  }
  return undefined;
}
