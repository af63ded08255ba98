import { takeover } from "../../app/takeover.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { handoverText } from "../handover-text.ts";
import { eventTeller } from "../outcomes.ts";
import type { TakeoverFlags } from "./takeover.ts";

export async function run(context: Context, flags: TakeoverFlags, partial: string): Promise<void> {
  const workspace = await openWorkspace(context.cwd, context.env);
  const handover = await takeover(workspace, partial, eventTeller(context));
  if (flags.json === true) printJson(context, handover);
  else context.terminal.out(handoverText(handover));
}
