import { resume } from "../../app/resume.ts";
import { openWorkspace } from "../../app/workspace.ts";
import type { Context } from "../context.ts";
import { eventTeller, tellOutcomes } from "../outcomes.ts";
import type { ResumeFlags } from "./resume.ts";

export async function run(
  context: Context,
  flags: ResumeFlags,
  ...partials: readonly string[]
): Promise<number> {
  const workspace = await openWorkspace(context.cwd, context.env);
  using interruption = context.interruption(() => {
    context.terminal.err(
      "Leaving: the agent goes on. Carry on with it: chant work (Ctrl-C again leaves at once).\n",
    );
  });
  const request = { isWork: flags.work === true, signal: interruption.signal };
  const outcomes = await resume(workspace, partials, request, eventTeller(context));
  const status = tellOutcomes(context, flags.json, outcomes);
  return interruption.status ?? status;
}
