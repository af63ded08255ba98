import { unreachable } from "../kit/unreachable.ts";
import type { SpecId } from "./id.ts";
import type { AccountTrouble } from "./agent-event.ts";
import type { Verdict } from "./judge.ts";
import type { AccountLimit, AccountWaits } from "./limits.ts";
import type { Fallback } from "./rotation.ts";
import type { ResultGate } from "./result-gate.ts";
import {
  clampRetryAt,
  nextRetry,
  type RetryPolicy,
  SPREAD_EACH_MS,
  SPREAD_MS,
  spreadAfterReset,
} from "./retry.ts";

/** How one run of this coordinator stands, as read from the facts a moment ago. */
export interface RunState {
  readonly id: SpecId;
  readonly at:
    /** Nothing but a record: `hasBase` when its start commit is there. */
    | { readonly kind: "claimed"; readonly hasBase: boolean }
    | { readonly kind: "running" }
    /** Its runner is gone without an end; `dueMs`: when the next one may go on, monotonic time here and below. */
    | { readonly kind: "orphaned"; readonly dueMs: number }
    | {
        readonly kind: "ended";
        readonly verdict: Verdict;
        readonly error?: RunError;
        readonly gate?: ResultGate;
        /** Why it may not go on. */
        readonly overBudget?: string;
        /** Who goes on with it where its agent's quota is used up. */
        readonly fallback?: Fallback;
      }
    /** Its agent is started again when `dueMs` has come; `resetsAtMs`: when the limit ends that it waits for. Wall times. */
    | {
        readonly kind: "retrying";
        readonly dueMs: number;
        /** It could not be started, for a reason that passes. */
        readonly isStart?: true;
        readonly resetsAtMs?: number;
        readonly overBudget?: string;
      }
    /** A person paused it: its agent is to be stopped; `dueMs`: when to try again what was held back. */
    | { readonly kind: "pausing"; readonly dueMs: number }
    /** A person gave it up; `dueMs`: when to try again what was held back. */
    | { readonly kind: "retiring"; readonly dueMs: number }
    /** Judged done, not landed; `dueMs`: when to try again. `held`: the reason that its record gives for waiting. */
    | {
        readonly kind: "landing";
        readonly dueMs: number;
        readonly gate?: ResultGate;
        readonly held?: string | undefined;
      }
    /** Its status for a person is not on the target yet. */
    | { readonly kind: "parking"; readonly dueMs: number }
    | { readonly kind: "parked" };
  /** Whose limits it shares. */
  readonly account: string;
  /** How many retries it has had. */
  readonly retries: number;
  /** How often in a row it was cut off. */
  readonly interruptions: number;
  /** How often in a row its runner was gone without an end. */
  readonly relaunches: number;
}

/** What is known of a failure besides its reason. */
export interface RunError {
  readonly text: string;
  readonly isRetryable?: boolean;
  readonly resetsAtMs?: number;
  readonly trouble?: AccountTrouble;
  /** It was silent for too long: some programs wait for a limit without a word. */
  readonly isStalled?: boolean;
}

/** The limit of an account, as the run that met it knows it: wall time in milliseconds. */
export type MetLimit = Pick<AccountLimit, "kind" | "untilMs" | "isGuess">;

export type Action =
  /** Make the worktree and launch the first runner. */
  | { readonly kind: "begin"; readonly id: SpecId }
  /** Give a claim back from which nothing came. */
  | { readonly kind: "undo"; readonly id: SpecId }
  /** Launch a runner that adopts or judges what the last one left. */
  | { readonly kind: "relaunch"; readonly id: SpecId }
  /** Start the agent again in the same worktree: it was cut off, or its retry is due. */
  | { readonly kind: "again"; readonly id: SpecId; readonly reason: string }
  | { readonly kind: "resume"; readonly id: SpecId }
  /** Write down when it is tried again. */
  | {
      readonly kind: "retry";
      readonly id: SpecId;
      readonly n: number;
      readonly of: number;
      readonly atMs: number;
      readonly reason: string;
      readonly resetsAtMs?: number;
      /** What its account has met: all runs of that wait as well. */
      readonly limit?: MetLimit;
      /** Another agent takes it over, in a session of its own. */
      readonly agent?: Fallback;
      /** It was cut off, and goes on later: no attempt is used up. */
      readonly isSameAttempt?: true;
    }
  /** Set the retry's time anew: a limit of its account lasts longer, or the clock was set back since it was written. */
  | {
      readonly kind: "put_off";
      readonly id: SpecId;
      readonly atMs: number;
      readonly resetsAtMs?: number;
      /** Of the limit for which it waited. */ readonly isFree?: true;
    }
  /** Stop its agent, and keep what it did where it is. */
  | { readonly kind: "pause"; readonly id: SpecId }
  /** Clear away a run that a person gave up. */
  | { readonly kind: "retire"; readonly id: SpecId }
  | { readonly kind: "land"; readonly id: SpecId }
  /** It is done, and lands once a person has decided. */
  | { readonly kind: "hold"; readonly id: SpecId; readonly reason: string }
  | {
      readonly kind: "park";
      readonly id: SpecId;
      readonly status: "failed" | "needs_attention";
      readonly reason: string;
      readonly limit?: MetLimit;
    }
  | { readonly kind: "publish_park"; readonly id: SpecId }
  /** Start up to so many new ones. */
  | { readonly kind: "start"; readonly atMost: number };

/** What a coordinator may do next. */
export interface WorkState {
  /** Wall time, milliseconds since 1970. */
  readonly nowMs: number;
  readonly monotonicMs: number;
  readonly runs: readonly RunState[];
  /** The most agents that may be at work at once. */
  readonly slots: number;
  /** False once it was asked to stop, or after a failure that ends a chain. */
  readonly mayStart: boolean;
  readonly policy: RetryPolicy;
  readonly limits: AccountWaits;
  /** From 0 to 1. */
  readonly random: number;
}

/** A run that is cut off more often than this in a row is not started again by itself. */
export const MAX_INTERRUPTIONS = 3;

/** A runner that dies more often than this in a row has a fault that another try does not mend. */
const MAX_RELAUNCHES = 9;

/** How long the next runner waits after one that died soon, in milliseconds: from the second time on, and at most. */
const RELAUNCH_MS = [500, 30_000] as const;

/**
 * Returns how soon after a relaunch the next one may follow, in milliseconds: what takes a runner away at once, such as a
 * git that is just being replaced, has some time to pass.
 * @param relaunches how many there were in a row
 */
export function relaunchDelayMs(relaunches: number): number {
  const [least, most] = RELAUNCH_MS;
  return relaunches < 2 ? 0 : Math.min(most, least * 2 ** (relaunches - 2));
}

/** Decides what to do: the coordinator's whole judgement, from facts alone. */
export function plan(state: WorkState): readonly Action[] {
  const wanted = state.runs.flatMap((run, at) => actionsFor(run, state, at));
  let free = state.slots - state.runs.filter((run) => occupiesSlot(run, wanted, state.nowMs)).length;
  // A retry is no hurry: it waits for a free slot like a new one, and goes before it.
  const actions = wanted.filter((action) => action.kind !== "resume" || (free -= 1) >= 0);
  return state.mayStart && free > 0 ? [...actions, { kind: "start", atMost: free }] : actions;
}

function actionsFor(run: RunState, state: WorkState, index: number): readonly Action[] {
  const { id, at } = run;
  const { nowMs, monotonicMs } = state;
  switch (at.kind) {
    case "claimed":
      return [{ kind: at.hasBase ? "begin" : "undo", id }];
    case "running":
    case "parked":
      return [];
    case "orphaned":
      if (at.dueMs > monotonicMs) return [];
      if (run.relaunches < MAX_RELAUNCHES) return [{ kind: "relaunch", id }];
      return [
        {
          kind: "park",
          id,
          status: "needs_attention",
          reason: `its runner died ${MAX_RELAUNCHES + 1} times in a row`,
        },
      ];
    case "ended":
      if (at.verdict.kind === "done") return landing(id, at.gate);
      return [withinBudget(afterEnd(run, at, at.verdict, state, index), at.overBudget)];
    case "retrying": {
      const spreadMs = spreadOf(state, index);
      const { dueMs, resetsAtMs } = at;
      if (dueMs > nowMs) {
        // A person has cleared the limit that it waits for.
        const isCleared = (resetsAtMs ?? Infinity) <= (state.limits.cleared.get(run.account) ?? 0);
        if (isCleared) return [{ kind: "put_off", id, atMs: nowMs + spreadMs, isFree: true }];
        const isReset = resetsAtMs !== undefined;
        const atMs = clampRetryAt({ atMs: dueMs, nowMs, policy: state.policy, isReset });
        return atMs < dueMs ? [{ kind: "put_off", id, atMs }] : [];
      }
      if (at.overBudget !== undefined) {
        return [{ kind: "park", id, status: "needs_attention", reason: at.overBudget }];
      }
      const limitMs = state.limits.until.get(run.account) ?? 0;
      if (limitMs <= nowMs) return [{ kind: "resume", id }];
      return [{ kind: "put_off", id, atMs: limitMs + spreadMs, resetsAtMs: limitMs }];
    }
    case "pausing":
      return at.dueMs <= monotonicMs ? [{ kind: "pause", id }] : [];
    case "retiring":
      return at.dueMs <= monotonicMs ? [{ kind: "retire", id }] : [];
    case "landing":
      return at.dueMs <= monotonicMs ? landing(id, at.gate, at.held) : [];
    case "parking":
      return at.dueMs <= monotonicMs ? [{ kind: "publish_park", id }] : [];
    default:
      return unreachable(at);
  }
}

function spreadOf({ runs, random }: WorkState, index: number): number {
  const count = runs.length;
  return spreadAfterReset(count, index, Math.min(SPREAD_MS, count * SPREAD_EACH_MS), random);
}

/** A decision that is waited for is told once: nothing is to be done until it is there. */
function landing(id: SpecId, gate: ResultGate | undefined, held?: string): readonly Action[] {
  switch (gate?.kind) {
    case undefined:
    case "open":
      return [{ kind: "land", id }];
    case "shut":
      return gate.reason === held ? [] : [{ kind: "hold", id, reason: gate.reason }];
    case "rejected":
      return [{ kind: "park", id, status: "needs_attention", reason: gate.reason }];
    default:
      return unreachable(gate);
  }
}

/** How long a quota that is used up is believed to be, where nobody says when it is there again, in milliseconds. */
const QUOTA_LOOK_MS = 60 * 60_000;

/** Trying again with the same account does not help: another agent goes on, or nobody. All others of the account wait. */
function afterQuota(
  id: SpecId,
  reason: string,
  retries: number,
  { resetsAtMs }: RunError,
  fallback: Fallback | undefined,
  { nowMs, policy }: WorkState,
): Action {
  const isGuess = resetsAtMs === undefined || resetsAtMs <= nowMs;
  const untilMs = isGuess
    ? nowMs + QUOTA_LOOK_MS
    : clampRetryAt({ atMs: resetsAtMs, nowMs, policy, isReset: true });
  const limit: MetLimit = { kind: "quota", untilMs, isGuess };
  if (fallback === undefined) return { kind: "park", id, status: "failed", reason, limit };
  const of = Math.max(1, policy.maxRetries);
  const n = Math.min(of, retries + 1);
  return { kind: "retry", id, n, of, atMs: nowMs, reason, limit, agent: fallback };
}

/** What would go on needs a person instead, once its budget is used up. */
function withinBudget(action: Action, overBudget: string | undefined): Action {
  if (overBudget === undefined || (action.kind !== "retry" && action.kind !== "again")) return action;
  const { id, reason } = action;
  return { kind: "park", id, status: "needs_attention", reason: `${reason}; ${overBudget}` };
}

function afterEnd(
  { id, account, interruptions, retries }: RunState,
  { error, fallback }: Extract<RunState["at"], { readonly kind: "ended" }>,
  verdict: Exclude<Verdict, { readonly kind: "done" }>,
  state: WorkState,
  index: number,
): Action {
  switch (verdict.kind) {
    case "failed": {
      if (error?.trouble === "quota") return afterQuota(id, verdict.reason, retries, error, fallback, state);
      const limitMs = state.limits.until.get(account);
      const next = nextRetry({
        failures: retries + 1,
        policy: state.policy,
        errorText: error?.text ?? "",
        providerRetryable: error?.isRetryable,
        resetsAtMs: error?.isStalled === true ? limitMs : error?.resetsAtMs,
        nowMs: state.nowMs,
        // One random number a plan, and another part of the circle for each run.
        random: (state.random + index * 0.618_033_988_749) % 1,
      });
      if (next.kind === "permanent") return { kind: "park", id, status: "failed", reason: verdict.reason };
      const { n, of, isReset } = next;
      const behindMs = isReset ? spreadOf(state, index) : 0;
      const resetsAtMs = isReset ? next.atMs : undefined;
      const isLimit = isReset || error?.trouble === "rate_limit";
      return {
        kind: "retry",
        id,
        n,
        of,
        atMs: next.atMs + behindMs,
        reason: verdict.reason,
        ...(resetsAtMs === undefined ? {} : { resetsAtMs }),
        // Without a time of the provider's, the others wait as long as this one.
        ...(isLimit ? { limit: { kind: "rate_limit", untilMs: next.atMs, isGuess: !isReset } } : {}),
      };
    }
    case "attention":
      return { kind: "park", id, status: "needs_attention", reason: verdict.reason };
    case "interrupted":
      if (interruptions < MAX_INTERRUPTIONS) {
        const { reason } = verdict;
        const resetsAtMs = state.limits.until.get(account) ?? 0;
        if (resetsAtMs <= state.nowMs) return { kind: "again", id, reason };
        const atMs = resetsAtMs + spreadOf(state, index);
        // 0 of 0 would be a person's word.
        const of = Math.max(1, state.policy.maxRetries);
        return { kind: "retry", id, n: retries, of, atMs, reason, resetsAtMs, isSameAttempt: true };
      }
      return {
        kind: "park",
        id,
        status: "failed",
        reason: `${verdict.reason}, ${MAX_INTERRUPTIONS + 1} times in a row`,
      };
    default:
      return unreachable(verdict);
  }
}

/**
 * An agent may be at work in it now, or will be after these actions. One that could not be started keeps its place until
 * that is tried again: what was in its way, such as a full disk, would be in the way of all that start instead.
 */
function occupiesSlot(run: RunState, actions: readonly Action[], nowMs: number): boolean {
  const { at } = run;
  if (at.kind === "running" || at.kind === "orphaned") return true;
  if (at.kind === "retrying" && at.isStart === true && at.dueMs > nowMs) return true;
  return actions.some(
    (action) => (action.kind === "begin" || action.kind === "again") && action.id === run.id,
  );
}
