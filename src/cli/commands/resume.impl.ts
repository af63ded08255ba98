import { resume } from "../../app/resume.ts";
import { openWorkspace } from "../../app/workspace.ts";
import type { Context } from "../context.ts";
import { eventTeller, tellOutcome } from "../outcomes.ts";
import type { ResumeFlags } from "./resume.ts";

export async function run(context: Context, flags: ResumeFlags, partial: string): Promise<number> {
  const workspace = await openWorkspace(context.cwd, context.env);
  using interruption = context.interruption(() => {
    context.terminal.err(
      "Leaving: the agent goes on. Carry on with it: chant work (Ctrl-C again leaves at once).\n",
    );
  });
  const request = { isWork: flags.work === true, signal: interruption.signal };
  const outcome = await resume(workspace, partial, request, eventTeller(context));
  const status = tellOutcome(context, flags.json, outcome);
  return interruption.status ?? status;
}
