import { unreachable } from "../kit/unreachable.ts";
import { limitClause } from "../domain/limits.ts";
import type { ApprovalState } from "../domain/approval.ts";
import type { ShownStatus, SpecView, WaitedFor } from "../app/overview.ts";
import { needsPerson, stopReason } from "../app/standing.ts";

/** Returns the one word for where a spec stands: what its run does, where it has one that is under way. */
export function stateWord({ status, run }: SpecView): string {
  return status === "in_progress" && run !== undefined ? run.state : status;
}

/** Returns what a person wants to know beside the title, or nothing. */
export function stateNote(view: SpecView): string {
  const { id, run, waitsFor, approval, gate } = view;
  if (needsPerson(view)) return stopReason(view) ?? "";
  if (run?.state === "waiting" && run.waits !== undefined) {
    return [run.waits.reason, ...run.waits.files].join(" ");
  }
  if (run?.limit !== undefined) return limitClause(run.limit.account, run.limit.untilMs);
  const [first, ...rest] = waitsFor;
  const more = rest.length === 0 ? "" : `, and ${rest.length} more`;
  const notes = [
    first === undefined ? "" : `waits for ${waitedForText(first)}${more}`,
    gate === undefined ? "" : `${gate.id === id ? "" : `driver ${gate.id}: `}${approvalWords(gate.state)}`,
    gate === undefined && approval?.kind === "approved" && !approval.isBound ? approvalWords(approval) : "",
  ];
  return notes.filter((note) => note !== "").join("; ");
}

/** Returns in a few words how an approval stands. */
export function approvalWords(state: ApprovalState): string {
  const by = "by" in state ? ` by ${state.by}` : "";
  switch (state.kind) {
    case "not_needed":
      return "not needed";
    case "awaiting":
      return "awaiting approval";
    case "approved":
      return `approved${by}${state.isBound ? "" : ", unbound: it counts for one start"}`;
    case "changed":
      return `awaiting approval: changed after it was approved${by}`;
    case "rejected":
      return `rejected${by}${state.reason === undefined ? "" : `: ${state.reason}`}`;
    default:
      return unreachable(state);
  }
}

/** Returns what is waited for by id and title, and why it is not met. */
export const waitedForText = ({ id, title, why }: WaitedFor): string =>
  `${id}${title === undefined ? "" : ` "${title}"`}, which ${why}`;

const SENTENCES: { readonly [S in ShownStatus]?: string } = {
  in_progress: "is in progress",
  needs_attention: "needs attention",
  failed: "has failed",
};

/** Returns a spec and its status as a sentence without its end. */
export function statusClause({ id, title, status }: Pick<SpecView, "id" | "title" | "status">): string {
  return `${title === id ? id : `${id} (${title})`} ${SENTENCES[status] ?? `is ${status}`}`;
}
