import { finalize } from "../../app/finalize.ts";
import { openWorkspace } from "../../app/workspace.ts";
import type { Context } from "../context.ts";
import { eventTeller, tellOutcome } from "../outcomes.ts";
import type { FinalizeFlags } from "./finalize.ts";

export async function run(context: Context, flags: FinalizeFlags, partial: string): Promise<number> {
  const workspace = await openWorkspace(context.cwd, context.env);
  const outcome = await finalize(workspace, partial, flags.force === true, eventTeller(context));
  return tellOutcome(context, flags.json, outcome);
}
