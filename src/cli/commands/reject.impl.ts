import { requirePerson } from "../../app/decide.ts";
import { reject, type Rejected } from "../../app/reject.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { escapeTerminal } from "../../kit/text.ts";
import type { Context } from "../context.ts";
import { decideAndTell } from "../result-decisions.ts";
import { eventTeller, tell } from "../outcomes.ts";
import type { RejectFlags } from "./reject.ts";

export async function run(context: Context, flags: RejectFlags, partial: string): Promise<number | void> {
  requirePerson(context.env);
  const workspace = await openWorkspace(context.cwd, context.env);
  if (flags.result === true) return decideAndTell(context, [partial], { ...flags, kind: "rejected" });
  const { reason, by } = flags;
  const done = await reject(workspace, partial, { reason, by }, eventTeller(context));
  tell(context, flags.json, done, escapeTerminal(sentences(done)));
}

function sentences({ id, by, added, note }: Rejected): string {
  const [first, ...more] = added;
  const last = more.at(-1);
  const followed =
    first === undefined
      ? ""
      : last === undefined
        ? ` It waits for a new spec: ${first}.`
        : ` It was split into ${first} to ${last}, each of which needs an approval.`;
  return `${id} is rejected by ${by}.${followed}${note === undefined ? "" : ` ${note}`}`;
}
