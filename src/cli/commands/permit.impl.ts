import { requirePerson } from "../../app/decide.ts";
import { permit } from "../../app/permit.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { escapeTerminal, plural } from "../../kit/text.ts";
import type { Context } from "../context.ts";
import { tell } from "../outcomes.ts";
import type { PermitFlags } from "./permit.ts";

export async function run(context: Context, flags: PermitFlags, partial: string): Promise<void> {
  requirePerson(context.env, "A permission");
  const done = await permit(await openWorkspace(context.cwd, context.env), partial, flags.deny !== true);
  const what = `${done.id} ${done.isAllowed ? "may" : "may not"} do this: ${escapeTerminal(done.title)}.`;
  const more = done.left === 0 ? "" : ` ${plural(done.left, "more question")}: chant permit ${done.id}`;
  tell(context, flags.json, done, `${what}${more}`);
}
