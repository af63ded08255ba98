import { isBroken } from "../domain/spec.ts";
import type { ShownStatus, SpecView } from "../app/overview.ts";

/** Returns the one word for where a spec stands: what its run does, where it has one that is under way. */
export function stateWord({ status, run }: SpecView): string {
  return status === "in_progress" && run !== undefined ? run.state : status;
}

/** Returns what a person wants to know beside the title, or nothing. */
export function stateNote({ spec, run, status, waitsFor }: SpecView): string {
  if (isBroken(spec)) return `line ${spec.line}, column ${spec.column}: ${spec.message.replace(/\.$/, "")}`;
  if (run?.state === "waiting" && run.waits !== undefined) {
    return [run.waits.reason, ...run.waits.files].join(" ");
  }
  if (status === "failed" || status === "needs_attention") {
    return run?.parked?.reason ?? spec.attention?.reason ?? "";
  }
  const [first, ...rest] = waitsFor;
  if (first === undefined) return "";
  return `waits for ${first.id}${rest.length === 0 ? "" : ` and ${rest.length} more`}`;
}

const SENTENCES: { readonly [S in ShownStatus]?: string } = {
  in_progress: "is in progress",
  needs_attention: "needs attention",
  failed: "has failed",
};

/** Returns a spec and its status as a sentence without its end. */
export function statusClause({ id, title, status }: Pick<SpecView, "id" | "title" | "status">): string {
  return `${title === id ? id : `${id} (${title})`} ${SENTENCES[status] ?? `is ${status}`}`;
}
