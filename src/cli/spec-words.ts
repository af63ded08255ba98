import type { ShownStatus, SpecView, WaitedFor } from "../app/overview.ts";
import { needsPerson, stopReason } from "../app/standing.ts";

/** Returns the one word for where a spec stands: what its run does, where it has one that is under way. */
export function stateWord({ status, run }: SpecView): string {
  return status === "in_progress" && run !== undefined ? run.state : status;
}

/** Returns what a person wants to know beside the title, or nothing. */
export function stateNote(view: SpecView): string {
  const { run, waitsFor } = view;
  if (needsPerson(view)) return stopReason(view) ?? "";
  if (run?.state === "waiting" && run.waits !== undefined) {
    return [run.waits.reason, ...run.waits.files].join(" ");
  }
  const [first, ...rest] = waitsFor;
  if (first === undefined) return "";
  return `waits for ${waitedForText(first)}${rest.length === 0 ? "" : `, and ${rest.length} more`}`;
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
