import { type GateHistory, gateReason, gateTold } from "../../domain/gate.ts";
import type { Failed } from "./gate-landings.ts";
import { type Move, parkRun } from "./moves.ts";
import type { RunRecord } from "./record.ts";
import type { Entry } from "./run-state.ts";

/** What the gates make of a run that is done. As with the other moves, the record comes first. */

/** Its landing waits for the gates, which run for it or for others. */
export async function queueAtGates(move: Move, entry: Entry, history: GateHistory): Promise<void> {
  const { waits: _waits, gate, ...record } = entry.record;
  const sinceMs = gate?.sinceMs ?? move.clock.nowMs();
  entry.record = {
    ...record,
    phase: "landing",
    gate: { ...resumedAs(gate), ...history, sinceMs, isUnderWay: true },
  };
  await move.hands.write(entry.record);
}

/** The gates are through with it: it lands, or is tried again. */
export async function leaveGates(move: Move, entry: Entry, history: GateHistory): Promise<void> {
  const { gate } = entry.record;
  const since = gate?.sinceMs === undefined ? {} : { sinceMs: gate.sinceMs };
  entry.record = { ...entry.record, gate: { ...resumedAs(gate), ...since, ...history } };
  await move.hands.write(entry.record);
}

/** Merged with its target it fails a gate: its agent goes on once with what that said, then it is for a person. */
export async function failGate(move: Move, entry: Entry, { verdict, rules }: Failed): Promise<void> {
  const { gate, waits: _waits, ...record } = entry.record;
  const { id, target, worktree, judgeOnly, takenOver, retry } = record;
  const branch = target.replace(/^refs\/heads\//, "");
  const reason = gateReason(verdict.failure, branch);
  const hasAgent = worktree !== undefined && judgeOnly === undefined && takenOver === undefined;
  if (!hasAgent || rules.onFailure === "attention" || gate?.wasResumed === true) {
    entry.record = record;
    await parkRun(move, entry, "needs_attention", reason);
    return;
  }
  entry.record = {
    ...record,
    phase: "retrying",
    retry: { n: retry?.n ?? 0, of: 0, atMs: move.clock.nowMs(), reason },
    missing: gateTold(verdict.failure, branch, verdict.output ?? ""),
    gate: { races: 0, wasResumed: true },
  };
  await move.hands.write(entry.record);
  await move.hands.unlock(id);
  move.emit({ kind: "gate_failed", id, reason, others: 0, again: true });
}

const resumedAs = (gate: RunRecord["gate"]): { readonly wasResumed?: true } =>
  gate?.wasResumed === true ? { wasResumed: true } : {};
