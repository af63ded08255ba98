import { pause } from "../../app/pause.ts";
import { openWorkspace } from "../../app/workspace.ts";
import type { Context } from "../context.ts";
import { eventTeller, tellOutcomes } from "../outcomes.ts";
import type { PauseFlags } from "./pause.ts";

export async function run(
  context: Context,
  flags: PauseFlags,
  ...partials: readonly string[]
): Promise<number> {
  const workspace = await openWorkspace(context.cwd, context.env);
  return tellOutcomes(context, flags.json, await pause(workspace, partials, eventTeller(context)));
}
