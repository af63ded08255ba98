import { unreachable } from "../kit/unreachable.ts";
import type { SpecId } from "./id.ts";
import type { Verdict } from "./judge.ts";

/** How one run of this coordinator stands, as read from the facts a moment ago. */
export interface RunState {
  readonly id: SpecId;
  readonly at:
    /** Nothing but a record: `hasBase` when its start commit is there. */
    | { readonly kind: "claimed"; readonly hasBase: boolean }
    | { readonly kind: "running" }
    /** Its runner is gone without an end. */
    | { readonly kind: "orphaned" }
    | { readonly kind: "ended"; readonly verdict: Verdict }
    /** Judged done, not landed; `dueMs`: when to try again. */
    | { readonly kind: "landing"; readonly dueMs: number }
    /** Its status for a person is not on the target yet. */
    | { readonly kind: "parking"; readonly dueMs: number }
    | { readonly kind: "parked" };
  /** How often in a row it was cut off. */
  readonly interruptions: number;
  /** How often in a row its runner was gone without an end. */
  readonly relaunches: number;
}

export type Action =
  /** Make the worktree and launch the first runner. */
  | { readonly kind: "begin"; readonly id: SpecId }
  /** Give a claim back from which nothing came. */
  | { readonly kind: "undo"; readonly id: SpecId }
  /** Launch a runner that adopts or judges what the last one left. */
  | { readonly kind: "relaunch"; readonly id: SpecId }
  /** Start the agent again in the same worktree. */
  | { readonly kind: "again"; readonly id: SpecId; readonly reason: string }
  | { readonly kind: "land"; readonly id: SpecId }
  | {
      readonly kind: "park";
      readonly id: SpecId;
      readonly status: "failed" | "needs_attention";
      readonly reason: string;
    }
  | { readonly kind: "publish_park"; readonly id: SpecId }
  /** Start up to so many new ones. */
  | { readonly kind: "start"; readonly atMost: number };

/** What a coordinator may do next. */
export interface WorkState {
  readonly nowMs: number;
  readonly runs: readonly RunState[];
  /** The most agents that may be at work at once. */
  readonly slots: number;
  /** False once it was asked to stop, or after a failure that ends a chain. */
  readonly mayStart: boolean;
}

/** A run that is cut off more often than this in a row is not started again by itself. */
export const MAX_INTERRUPTIONS = 3;

/** A runner that dies more often than this in a row has a fault that another try does not mend. */
const MAX_RELAUNCHES = 9;

/** Decides what to do: the coordinator's whole judgement, from facts alone. */
export function plan(state: WorkState): readonly Action[] {
  const actions = state.runs.flatMap((run) => actionsFor(run, state.nowMs));
  const busy = state.runs.filter((run) => occupiesSlot(run, actions)).length;
  const atMost = state.mayStart ? Math.max(0, state.slots - busy) : 0;
  return atMost > 0 ? [...actions, { kind: "start", atMost }] : actions;
}

function actionsFor(run: RunState, nowMs: number): readonly Action[] {
  const { id, at } = run;
  switch (at.kind) {
    case "claimed":
      return [{ kind: at.hasBase ? "begin" : "undo", id }];
    case "running":
    case "parked":
      return [];
    case "orphaned":
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
      return [afterEnd(run, at.verdict)];
    case "landing":
      return at.dueMs <= nowMs ? [{ kind: "land", id }] : [];
    case "parking":
      return at.dueMs <= nowMs ? [{ kind: "publish_park", id }] : [];
    default:
      return unreachable(at);
  }
}

function afterEnd({ id, interruptions }: RunState, verdict: Verdict): Action {
  switch (verdict.kind) {
    case "done":
      return { kind: "land", id };
    case "failed":
      return { kind: "park", id, status: "failed", reason: verdict.reason };
    case "attention":
      return { kind: "park", id, status: "needs_attention", reason: verdict.reason };
    case "interrupted":
      if (interruptions < MAX_INTERRUPTIONS) return { kind: "again", id, reason: verdict.reason };
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

/** An agent may be at work in it now, or will be after these actions. */
function occupiesSlot(run: RunState, actions: readonly Action[]): boolean {
  if (run.at.kind === "running" || run.at.kind === "orphaned") return true;
  return actions.some(
    (action) => (action.kind === "begin" || action.kind === "again") && action.id === run.id,
  );
}
