import { finalize } from "../../app/finalize.ts";
import { openWorkspace } from "../../app/workspace.ts";
import type { Context } from "../context.ts";
import { eventTeller, leavingLanding, tellOutcome } from "../outcomes.ts";
import type { FinalizeFlags } from "./finalize.ts";

export async function run(context: Context, flags: FinalizeFlags, partial: string): Promise<number> {
  const workspace = await openWorkspace(context.cwd, context.env);
  using interruption = leavingLanding(context);
  const { signal } = interruption;
  const outcome = await finalize(workspace, partial, flags.force === true, eventTeller(context), signal);
  const status = tellOutcome(context, flags.json, outcome);
  return interruption.status ?? status;
}
