import type { RunError, RunState } from "../../domain/plan.ts";
import { unreachable } from "../../kit/unreachable.ts";
import { isAncestor } from "../../git/refs.ts";
import { launchState, type LaunchState } from "./begin.ts";
import type { Engine } from "./engine.ts";
import type { LaunchEnd } from "./launch.ts";
import { withReport } from "./launch-report.ts";
import type { RunRecord } from "./record.ts";

/** One run in the hands of a coordinator. */
export interface Entry {
  record: RunRecord;
  /** Monotonic time of the last launch by this process; undefined for one that another process launched. */
  launchedMs: number | undefined;
  /** When what was held back is tried again, wall time in milliseconds. */
  dueMs: number;
  tries: number;
  end: LaunchEnd | undefined;
}

/** Where the facts come from: an engine, which settles what is unclear, or somebody who only looks. */
export interface Facts {
  readonly hasBase: (record: RunRecord) => Promise<boolean>;
  /** @param sinceMs how long ago this process launched it, in milliseconds; Infinity for another one's */
  readonly launchState: (record: RunRecord, sinceMs: number) => Promise<LaunchState>;
}

/** Returns the facts as a coordinator reads them. */
export const factsOf = (engine: Engine): Facts => ({
  hasBase: (record) => hasBase(engine, record),
  launchState: (record, sinceMs) => launchState(engine, record, sinceMs),
});

/** Reads how a run stands now. */
export async function stateOf(facts: Facts, entry: Entry): Promise<RunState> {
  const { id, interruptions, relaunches, agent, retry } = entry.record;
  return {
    id,
    interruptions,
    relaunches,
    account: agent,
    retries: retry?.n ?? 0,
    at: await placeOf(facts, entry),
  };
}

async function placeOf(facts: Facts, entry: Entry): Promise<RunState["at"]> {
  const { record, dueMs } = entry;
  switch (record.phase) {
    case "claimed":
      return { kind: "claimed", hasBase: await facts.hasBase(record) };
    case "landing":
      return { kind: "landing", dueMs };
    case "retrying":
      return { kind: "retrying", dueMs: record.retry?.atMs ?? 0 };
    case "pausing":
      return { kind: "pausing", dueMs };
    case "retiring":
      return { kind: "retiring", dueMs };
    case "parked":
      return record.parked?.isPublished === true ? { kind: "parked" } : { kind: "parking", dueMs };
    case "running": {
      const sinceMs = entry.launchedMs === undefined ? Infinity : performance.now() - entry.launchedMs;
      const state = await facts.launchState(record, sinceMs);
      if (state.kind !== "ended") return state;
      entry.end = state.end;
      entry.record = withReport(record, state.end);
      const { verdict } = state.end;
      // A person's own judgement is not tried again.
      return record.judgeOnly === undefined
        ? { kind: "ended", verdict, error: errorOf(state.end) }
        : { kind: "ended", verdict };
    }
    default:
      return unreachable(record.phase);
  }
}

async function hasBase(engine: Engine, { base, target }: RunRecord): Promise<boolean> {
  const tip = base === undefined ? undefined : await engine.reader.resolve(target);
  return base !== undefined && tip !== undefined && (await isAncestor(engine.repo, base, tip));
}

function errorOf({ errorText, report }: LaunchEnd): RunError {
  const { isRetryable, resetsAtMs } = report?.end ?? {};
  return {
    text: errorText ?? "",
    ...(isRetryable === undefined ? {} : { isRetryable }),
    ...(resetsAtMs === undefined ? {} : { resetsAtMs }),
  };
}

/** Until when each account's limit lasts, by the runs that met it. */
export function limitsOf(records: Iterable<RunRecord>): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const { agent, retry } of records) {
    if (retry?.resetsAtMs !== undefined) {
      limits.set(agent, Math.max(limits.get(agent) ?? 0, retry.resetsAtMs));
    }
  }
  return limits;
}
