import { escapeTerminal } from "../kit/text.ts";
import { unreachable } from "../kit/unreachable.ts";
import type { Outcome } from "../app/outcome.ts";

/** Returns what became of a spec as one sentence. */
export const outcomeText = (outcome: Outcome): string => escapeTerminal(sentence(outcome));

function sentence(outcome: Outcome): string {
  const { id } = outcome;
  switch (outcome.kind) {
    case "landed":
      return `${id} has landed.`;
    case "finalized":
      return `${id} is completed; there was no branch to merge.`;
    case "parked": {
      if (outcome.status === "paused") return `${id} is paused; go on with: chant resume ${id}`;
      const status = outcome.status === "failed" ? "has failed" : "needs attention";
      return `${id} ${status}: ${outcome.reason.replace(/\.$/, "")}.`;
    }
    case "waiting": {
      const { reason, files } = outcome.waits;
      return `${id} is done, and its landing waits: ${reason}${files.length === 0 ? "" : ` (${files.join(", ")})`}.`;
    }
    case "here":
      return `${id} is in progress again, without a run: it is yours to finish.`;
    case "handed_on":
      return `${id} is under way; chant watch or the next chant work carries it on.`;
    case "let_go":
      return `${id} was taken out of this command's hands by another one, ${outcome.pid === undefined ? "which is done with it" : `process ${outcome.pid}`}; see where it stands: chant why ${id}`;
    default:
      return unreachable(outcome);
  }
}
