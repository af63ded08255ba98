import { approve, type Approved } from "../../app/approve.ts";
import { requirePerson } from "../../app/decide.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { escapeTerminal } from "../../kit/text.ts";
import type { Context } from "../context.ts";
import { decideAndTell } from "../result-decisions.ts";
import { eventTeller, tell } from "../outcomes.ts";
import type { ApproveFlags } from "./approve.ts";

export async function run(
  context: Context,
  flags: ApproveFlags,
  ...partials: string[]
): Promise<number | void> {
  requirePerson(context.env);
  const workspace = await openWorkspace(context.cwd, context.env);
  if (flags.result === true) return decideAndTell(context, partials, { ...flags, kind: "approved" });
  const done = await approve(workspace, partials, flags.by, eventTeller(context));
  tell(context, flags.json, done, done.map(sentence).join("\n"));
}

const sentence = ({ id, by, isNew }: Approved): string =>
  escapeTerminal(isNew ? `${id} is approved by ${by}.` : `${id} was approved as it is already, by ${by}.`);
