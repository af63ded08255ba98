import { unreachable } from "../../kit/unreachable.ts";
import type { LaunchEnd } from "./launch.ts";
import type { RunRecord } from "./record.ts";

/** Returns a run as a person pauses it: it remembers what it was about. */
export function pausing(record: RunRecord, atMs: number): RunRecord {
  const { waits: _waits, isSameAttempt: _isSame, ...rest } = record;
  return { ...rest, phase: "pausing", pause: record.pause ?? { from: pausedFrom(record), atMs } };
}

function pausedFrom({ phase, isSameAttempt }: RunRecord): NonNullable<RunRecord["pause"]>["from"] {
  if (phase === "landing") return "landing";
  return phase === "retrying" && isSameAttempt !== true ? "retry" : "attempt";
}

/**
 * Returns a parked run, or one that waits for its retry, as it goes on by a person's word: its agent is started again at
 * once. One that was paused goes on with what it was about, and its attempt is the same.
 * @param end how its last launch ended
 */
export function goingOn(record: RunRecord, end: LaunchEnd | undefined, nowMs: number): RunRecord {
  if (record.phase !== "parked" && record.phase !== "retrying") return record;
  const { parked, pause, takenOver, waits: _waits, judgeOnly, ...rest } = record;
  const reason = parked?.reason ?? record.retry?.reason ?? "";
  if (pause === undefined) {
    // A person's word starts the count of retries anew, and the agent's one go after a gate.
    const { gate: _gate, ...anew } = rest;
    const budgetFrom = record.launch;
    const retry = { n: 0, of: 0, atMs: nowMs, reason };
    return { ...anew, phase: "retrying", missing: reason, retry, budgetFrom };
  }
  // It was stopped before it had a worktree.
  if (rest.worktree === undefined || rest.adminDir === undefined) return { ...rest, phase: "claimed" };
  const { n = 0, of = 0 } = record.retry ?? {};
  const due: RunRecord = { ...rest, phase: "retrying", retry: { n, of, atMs: nowMs, reason } };
  if (takenOver !== undefined) {
    return { ...due, isSameAttempt: true, missing: "a person worked on it meanwhile" };
  }
  switch (pause.from) {
    case "landing":
      // Judged once more: somebody may have worked in its worktree meanwhile.
      return { ...due, judgeOnly: judgeOnly ?? {} };
    case "retry":
      return judgeOnly === undefined ? due : { ...due, judgeOnly };
    case "attempt":
      // Its agent had come to an end of its own before it was stopped.
      if (end !== undefined && end.verdict.kind !== "interrupted") {
        return { ...rest, ...(judgeOnly === undefined ? {} : { judgeOnly }), phase: "running" };
      }
      if (end?.isUnchecked === true) {
        return { ...due, isSameAttempt: true, judgeOnly: judgeOnly ?? {} };
      }
      return judgeOnly === undefined
        ? { ...due, isSameAttempt: true, missing: reason }
        : { ...due, judgeOnly };
    default:
      return unreachable(pause.from);
  }
}
