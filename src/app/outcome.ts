import type { SpecId } from "../domain/id.ts";
import type { ParkedStatus, Waits } from "./engine/record.ts";
import type { Carried } from "./engine/session.ts";

/** What became of one spec after a command of a person's. */
export type Outcome =
  | { readonly id: SpecId; readonly kind: "landed" }
  /** Completed without a branch to merge. */
  | { readonly id: SpecId; readonly kind: "finalized" }
  | {
      readonly id: SpecId;
      readonly kind: "parked";
      readonly status: ParkedStatus;
      readonly reason: string;
    }
  | { readonly id: SpecId; readonly kind: "waiting"; readonly waits: Waits }
  /** It has no run: a person goes on with it in the checkout itself. */
  | { readonly id: SpecId; readonly kind: "here" }
  /** The next work or watch goes on with it. */
  | { readonly id: SpecId; readonly kind: "handed_on" }
  /** Another command took its run out of this one's hands, and has it still or is done with it. */
  | { readonly id: SpecId; readonly kind: "let_go"; readonly pid?: number };

/** Reads the outcome off what became of the runs that were carried. */
export function outcomeOf(id: SpecId, { landed, left, taken }: Carried): Outcome {
  if (landed.includes(id)) return { id, kind: "landed" };
  const record = left.find((each) => each.id === id);
  const pid = taken.get(id);
  if (record === undefined) return { id, kind: "let_go", ...(pid === undefined ? {} : { pid }) };
  if (record.parked !== undefined) {
    return { id, kind: "parked", status: record.parked.status, reason: record.parked.reason };
  }
  if (record.waits !== undefined) return { id, kind: "waiting", waits: record.waits };
  return { id, kind: "handed_on" };
}

/** 0 done, 1 failed, 75 waiting, or in other hands. */
export function statusOf(outcomes: readonly Outcome[]): number {
  if (outcomes.some((outcome) => outcome.kind === "parked" && outcome.status !== "paused")) return 1;
  return outcomes.some(({ kind }) => kind === "waiting" || kind === "let_go") ? 75 : 0;
}
