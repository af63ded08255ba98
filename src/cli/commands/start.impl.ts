import { ChantError } from "../../kit/errors.ts";
import { startHere } from "../../app/start-here.ts";
import { openWorkspace } from "../../app/workspace.ts";
import type { Context } from "../context.ts";
import { eventTeller, tell } from "../outcomes.ts";
import type { StartFlags } from "./start.ts";

export async function run(context: Context, flags: StartFlags, partial: string): Promise<void> {
  if (flags.here !== true) {
    throw new ChantError(
      "USAGE",
      "start only means work of your own in this checkout, and is asked for with --here.",
      {
        hint: `Give it to an agent: chant work ${partial}`,
      },
    );
  }
  const workspace = await openWorkspace(context.cwd, context.env);
  const id = await startHere(workspace, partial, eventTeller(context));
  tell(context, flags.json, { id }, `${id} is in progress here. Tick and commit; then: chant finalize ${id}`);
}
