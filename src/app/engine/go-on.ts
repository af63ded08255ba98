import { unreachable } from "../../kit/unreachable.ts";
import type { LaunchEnd } from "./launch.ts";
import { agentRetry, type RunRecord } from "./record.ts";

/** Returns a run as a person pauses it: it remembers what it was about. */
export function pausing(record: RunRecord, atMs: number): RunRecord {
  const { waits: _waits, isSameAttempt: _isSame, ...rest } = record;
  return { ...rest, phase: "pausing", pause: record.pause ?? { from: pausedFrom(record), atMs } };
}

function pausedFrom({ phase, isSameAttempt }: RunRecord): NonNullable<RunRecord["pause"]>["from"] {
  if (phase === "landing") return "landing";
  return phase === "retrying" && isSameAttempt !== true ? "retry" : "attempt";
}

/** Says what a loss of power has done to a run, as a clause. */
export const damageClause = ({ commit, back }: NonNullable<RunRecord["damaged"]>): string =>
  `the machine lost its power, and commit ${commit?.slice(0, 12) ?? "(unknown)"} of its branch with it; the branch is back at ${back.slice(0, 12)}, the last commit that is whole, and the files in the worktree are as the disk kept them`;

/** Returns a run that a loss of power has cost a commit. One that waits for its retry tells its agent. */
export function afterLoss(record: RunRecord, damaged: NonNullable<RunRecord["damaged"]>): RunRecord {
  const told: RunRecord = { ...record, damaged };
  if (record.phase !== "retrying" || record.judgeOnly !== undefined) return told;
  const reason = damageClause(damaged);
  return {
    ...told,
    missing: record.missing === undefined ? reason : `${record.missing}; besides, ${reason}`,
  };
}

/**
 * Returns the end of a launch that a loss of power has cost a commit. Whatever its agent had come to, it is not judged: the
 * disk may have kept but a part of it, so the agent looks once more. A person's own judgement is left to that person.
 */
export function endByLoss(
  { judgeOnly }: Pick<RunRecord, "judgeOnly">,
  damaged: NonNullable<RunRecord["damaged"]>,
): LaunchEnd {
  const kind = judgeOnly === undefined ? "interrupted" : "attention";
  const verdict = { kind, reason: damageClause(damaged) } as const;
  return { version: 1, agent: { kind: "unknown" }, verdict, tip: damaged.back, commits: [] };
}

/**
 * Returns a parked run, or one that waits for its retry, as it goes on by a person's word: its agent is started again at
 * once. One that was paused goes on with what it was about, and its attempt is the same.
 * @param end how its last launch ended
 */
export function goingOn(record: RunRecord, end: LaunchEnd | undefined, nowMs: number): RunRecord {
  if (record.phase !== "parked" && record.phase !== "retrying") return record;
  const { parked, pause, takenOver, waits: _waits, judgeOnly, ...others } = record;
  const rest = takenOver === undefined ? others : { ...others, isByHand: true as const };
  const reason = parked?.reason ?? record.retry?.reason ?? "";
  if (pause === undefined) {
    // A person's word starts the count of retries anew, and the agent's one go after a gate.
    const { gate: _gate, ...anew } = rest;
    const budgetFrom = record.launch;
    const retry = { n: 0, of: 0, atMs: nowMs, reason };
    return { ...anew, phase: "retrying", missing: reason, retry, budgetFrom };
  }
  // It was stopped before it had a worktree.
  if (rest.worktree === undefined || rest.adminDir === undefined) {
    const { retry: _retry, ...first } = rest;
    return { ...first, phase: "claimed" };
  }
  const { n = 0, of = 0 } = agentRetry(record) ?? {};
  const due: RunRecord = { ...rest, phase: "retrying", retry: { n, of, atMs: nowMs, reason } };
  if (takenOver !== undefined) {
    return { ...due, isSameAttempt: true, missing: "a person worked on it meanwhile" };
  }
  // It waited for another try to start it, which no attempt had come of.
  if (record.retry?.start !== undefined) {
    return { ...due, isSameAttempt: true, ...(judgeOnly === undefined ? {} : { judgeOnly }) };
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
