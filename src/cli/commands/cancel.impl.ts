import { cancel, type Cancelled } from "../../app/cancel.ts";
import { openWorkspace } from "../../app/workspace.ts";
import type { Context } from "../context.ts";
import { eventTeller, tell } from "../outcomes.ts";
import type { CancelFlags } from "./cancel.ts";

export async function run(context: Context, flags: CancelFlags, partial: string): Promise<void> {
  const workspace = await openWorkspace(context.cwd, context.env);
  const request = { isDelete: flags.delete === true, isDryRun: flags.dryRun === true };
  const done = await cancel(workspace, partial, request, eventTeller(context));
  tell(context, flags.json, { ...done, isDryRun: request.isDryRun }, text(done, request.isDryRun));
}

function text({ id, stops, deletes }: Cancelled, isDryRun: boolean): string {
  if (isDryRun) {
    const first = stops ? "its run would be stopped, and " : "";
    return `${id}: ${first}it would be ${deletes ? "deleted" : "cancelled"}. Nothing was changed.`;
  }
  return `${id} is ${deletes ? "deleted" : "cancelled"}${stops ? "; its run was stopped" : ""}.`;
}
