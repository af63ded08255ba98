import { unreachable } from "../kit/unreachable.ts";

/** What a person decided about a run's result: it holds for the commit that they saw. */
export interface ResultDecision {
  readonly kind: "approved" | "rejected";
  readonly by: string;
  /** Wall time, milliseconds since 1970. */
  readonly atMs: number;
  /** The tip of the run's branch. */
  readonly tip: string;
  readonly reason?: string;
}

/** The gate between a run that was judged done and its landing. */
export type ResultGate =
  | { readonly kind: "open" }
  | { readonly kind: "shut"; readonly reason: string }
  | { readonly kind: "rejected"; readonly reason: string };

/** What the gate is computed from. */
export interface ResultFacts {
  /** The commit that was judged, and would land. */
  readonly judgedTip: string;
  /** Where the branch is now; undefined when it is gone. */
  readonly branchTip: string | undefined;
  readonly decision: ResultDecision | undefined;
}

/** Decides whether a run's result may land, where that is asked for. A decision about another commit than would land counts for nothing. */
export function resultGate({ judgedTip, branchTip, decision }: ResultFacts): ResultGate {
  if (branchTip !== judgedTip) {
    return { kind: "shut", reason: "its branch has moved since it was judged, so it must be judged again" };
  }
  if (decision === undefined) return { kind: "shut", reason: "its result is not approved yet" };
  if (decision.tip !== judgedTip) {
    return { kind: "shut", reason: `its result was changed after it was ${decision.kind} by ${decision.by}` };
  }
  switch (decision.kind) {
    case "approved":
      return { kind: "open" };
    case "rejected":
      return {
        kind: "rejected",
        reason: `its result was rejected by ${decision.by}: ${decision.reason ?? "no reason was given"}`,
      };
    default:
      return unreachable(decision.kind);
  }
}
