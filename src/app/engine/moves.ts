import { limitWords } from "../../domain/limits.ts";
import type { Action, RunState } from "../../domain/plan.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Happening } from "./engine.ts";
import type { Hands } from "./hands.ts";
import { agentRetry, type DueLaunch, type RunRecord, type Waits } from "./record.ts";
import { accountIdOf, type Entry } from "./run-state.ts";

/** The moves of a run between its phases: each writes the record first, and tells of it afterwards. */

/** What a move needs of its coordinator. */
export interface Move {
  readonly hands: Pick<Hands, "write" | "unlock" | "pause">;
  readonly emit: (happening: Happening) => void;
  readonly clock: Clock;
}

/** It was judged done, and is about to land. Its record is written with the landing itself. */
export function doneRun(move: Move, entry: Entry, states: readonly RunState[]): Entry {
  const { phase, id } = entry.record;
  entry.record = judgedDone(entry, states);
  if (phase !== "landing") move.emit({ kind: "finalizing", id });
  return entry;
}

/** Returns the record with what the judgement saw; one that is landing has it already. */
function judgedDone({ record, end }: Entry, states: readonly RunState[]): RunRecord {
  if (record.phase === "landing" || end === undefined) return record;
  const at = states.find((each) => each.id === record.id)?.at;
  const noChanges = at?.kind === "ended" && at.verdict.kind === "done" && at.verdict.noChanges;
  return { ...record, phase: "landing", tip: end.tip, commits: end.commits, noChanges };
}

/** It was judged done, and lands once a person has decided about what it made: the record holds that too. */
export async function holdForPerson(
  move: Move,
  entry: Entry,
  states: readonly RunState[],
  reason: string,
): Promise<void> {
  entry.record = {
    ...judgedDone(entry, states),
    waits: { reason, files: [], isPassing: false, isForPerson: true },
  };
  await move.hands.write(entry.record);
  move.emit({ kind: "waiting", id: entry.record.id, reason, files: [], isForPerson: true });
}

/** It waits for a person from now on. The lock goes at every end of an attempt. */
export async function parkRun(
  move: Move,
  entry: Entry,
  status: "failed" | "needs_attention",
  reason: string,
): Promise<Entry> {
  const { waits: _waits, judgeOnly: _judgeOnly, pause: _pause, ...record } = entry.record;
  const atMs = move.clock.nowMs();
  const parked = { status, reason, atMs, isPublished: false };
  entry.record = { ...record, phase: "parked", parked };
  await move.hands.write(entry.record);
  await move.hands.unlock(record.id);
  if (status === "failed") move.emit({ kind: "failed", id: record.id, reason });
  else move.emit({ kind: "needs_attention", id: record.id, reason });
  return entry;
}

/** A person paused it: its agent is stopped, worktree and branch stay. */
export async function pauseRun(move: Move, entry: Entry): Promise<void> {
  entry.record = await move.hands.pause(entry.record);
  await move.hands.write(entry.record);
  const { id } = entry.record;
  await move.hands.unlock(id);
  move.emit({ kind: "paused", id });
}

/** It is tried again at a set time; until then the record holds the spec. */
export async function retryLater(
  move: Move,
  entry: Entry,
  { n, of, atMs, reason, resetsAtMs, agent, isSameAttempt }: Action & { kind: "retry" },
): Promise<void> {
  const { emit } = move;
  const { id } = entry.record;
  const retry = { n, of, atMs, reason, ...(resetsAtMs === undefined ? {} : { resetsAtMs }) };
  const { model: _model, ...record } = entry.record;
  const by =
    agent === undefined
      ? entry.record
      : { ...record, agent: agent.name, account: agent.account, ...(agent.model && { model: agent.model }) };
  const same = isSameAttempt === true ? { isSameAttempt } : {};
  entry.record = { ...by, phase: "retrying", retry, missing: reason, ...same };
  await move.hands.write(entry.record);
  await move.hands.unlock(id);
  if (isSameAttempt === true && resetsAtMs !== undefined) {
    emit({ kind: "interrupted", id, reason, again: true });
    const words = limitWords(accountIdOf(entry.record), resetsAtMs);
    return emit({ kind: "waiting", id, reason: words, files: [] });
  }
  emit({ kind: "failed", id, reason, again: true });
  emit({ kind: "retry_scheduled", id, n, of, atMs, reason });
}

/** How long a run that could not be started waits for the next try, in milliseconds: at first, and at most. */
const START_AGAIN_MS = [1_000, 60_000] as const;
/** How often it is tried again, which is for about six minutes, before it is for a person. */
const START_RETRIES = 11;

/**
 * No agent could be started, for a reason that passes: it is tried again, a while. The record holds the spec until then.
 * Returns false when that has gone on for long enough.
 */
export async function startLater(move: Move, entry: Entry, reason: string): Promise<boolean> {
  const { record } = entry;
  const { id, retry } = record;
  const before = agentRetry(record);
  const tried = retry?.start === undefined ? 0 : retry.n;
  const [least, most] = START_AGAIN_MS;
  const n = Math.min(START_RETRIES, tried + 1);
  const atMs = move.clock.nowMs() + Math.min(most, least * 2 ** tried);
  const start = before === undefined ? {} : { before };
  const next: DueLaunch = { n, of: START_RETRIES, atMs, reason, start };
  entry.record = { ...record, phase: "retrying", retry: next, isSameAttempt: true };
  await move.hands.write(entry.record);
  await move.hands.unlock(id);
  if (tried >= START_RETRIES) return false;
  move.emit({ kind: "warning", id, message: `It could not be started: ${reason}.` });
  move.emit({ kind: "retry_scheduled", id, n, of: START_RETRIES, atMs, reason });
  return true;
}

/** Something of the user's holds it back: told once, tried again and again. */
export async function holdBack(move: Move, entry: Entry, waits: Waits): Promise<void> {
  tryLater(move, entry);
  const { id, waits: before } = entry.record;
  entry.record = { ...entry.record, waits };
  if (before?.reason === waits.reason && before.files.join("\n") === waits.files.join("\n")) return;
  await move.hands.write(entry.record);
  move.emit({ kind: "waiting", id, reason: waits.reason, files: waits.files });
}

/** How long what was held back waits before the next try: from, to, in milliseconds. */
const HELD_RETRY_MS = [250, 5_000] as const;

export function tryLater(move: Move, entry: Entry): void {
  const [least, most] = HELD_RETRY_MS;
  entry.dueMs = move.clock.monotonicMs() + Math.min(most, least * 2 ** entry.tries);
  entry.tries += 1;
}
