import { ChantError } from "../../kit/errors.ts";
import { merge } from "../../app/finalize.ts";
import { statusOf } from "../../app/outcome.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { outcomeText } from "../outcome-text.ts";
import { eventTeller, leavingLanding } from "../outcomes.ts";
import type { MergeFlags } from "./merge.ts";

export async function run(context: Context, flags: MergeFlags, ...ids: string[]): Promise<number> {
  if ((flags.all === true) !== (ids.length === 0)) {
    throw new ChantError("USAGE", "merge takes either ids or --all.", {
      hint: "See what waits: chant status. Then: chant merge ID",
    });
  }
  const workspace = await openWorkspace(context.cwd, context.env);
  using interruption = leavingLanding(context);
  const outcomes = await merge(workspace, ids, eventTeller(context), interruption.signal);
  if (flags.json === true) printJson(context, outcomes);
  else if (outcomes.length === 0) context.terminal.err("Nothing waits to land.\n");
  else context.terminal.out(outcomes.map((outcome) => `${outcomeText(outcome)}\n`).join(""));
  return interruption.status ?? statusOf(outcomes);
}
