import { effect } from "../../host/effects.ts";
import { statIfExists } from "../../host/files.ts";
import { runLaunch } from "../runner/runner.ts";
import { launchOf } from "./begin.ts";
import { writeOwn } from "./claim.ts";
import type { Engine } from "./engine.ts";
import { launchFile, type LaunchEnd, preparedFile, writeJson } from "./launch.ts";
import { readEnd } from "./launch-files.ts";
import { noteEnd, withReport } from "./launch-report.ts";
import { type RunRecord, runFolder } from "./record.ts";
import { stopRun } from "./stop.ts";

/** Why a paused run waits, as the agent that goes on is told too. */
const REASON = "a person paused it";

/**
 * Stops the agent of a run that a person paused, and returns the run as parked. What its worktree holds is in a snapshot
 * then, as at every end of an attempt: the runner sees to that, or, where it was gone, a launch without an agent.
 * Can be done again from any point of it.
 */
export async function pauseRun(engine: Engine, record: RunRecord): Promise<RunRecord> {
  await stopRun(engine, record);
  const { waits: _waits, ...paused } = await withEnd(engine, record);
  const atMs = record.pause?.atMs ?? engine.clock.nowMs();
  return {
    ...paused,
    phase: "parked",
    parked: { status: "paused", reason: REASON, atMs, isPublished: false },
  };
}

/** Returns the record with what its last launch amounted to, which is in a file of its own by then. */
async function withEnd(engine: Engine, record: RunRecord): Promise<RunRecord> {
  const folder = runFolder(engine.places, record);
  const end = await endOfLaunch(folder, record);
  if (end !== undefined) return told(engine, record, end);
  // Until its worktree was filled there is nothing to keep.
  if (record.launch === 0 || (await statIfExists(preparedFile(folder))) === undefined) return record;
  const { launch } = launchOf(engine, record);
  const stopping: RunRecord = { ...record, launch: launch.launch };
  await writeJson(launchFile(folder, launch.launch), { ...launch, isStop: true });
  await effect("pause.launch", () => writeOwn(engine, stopping));
  await runLaunch(folder, launch.launch);
  const kept = await endOfLaunch(folder, stopping);
  return kept === undefined ? stopping : told(engine, stopping, kept);
}

function told(engine: Engine, record: RunRecord, end: LaunchEnd): RunRecord {
  noteEnd(engine, record, end);
  return withReport(record, end);
}

/** Returns how a run's last launch ended, if it has. */
export const endOfLaunch = (folder: string, { launch }: RunRecord): Promise<LaunchEnd | undefined> =>
  readEnd(folder, launch);
