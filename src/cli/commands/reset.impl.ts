import { reset } from "../../app/reset.ts";
import { openWorkspace } from "../../app/workspace.ts";
import type { Context } from "../context.ts";
import { eventTeller, tell } from "../outcomes.ts";
import type { ResetFlags } from "./reset.ts";

export async function run(context: Context, flags: ResetFlags, partial: string): Promise<void> {
  const workspace = await openWorkspace(context.cwd, context.env);
  const done = await reset(workspace, partial, eventTeller(context));
  const drivers = done.reopened.length === 0 ? "" : ` So ${isOrAre(done.reopened)} open again.`;
  tell(context, flags.json, done, `${done.id} is pending again.${drivers}`);
}

const isOrAre = (ids: readonly string[]): string =>
  ids.length === 1 ? `is ${ids[0]}, its driver,` : `are ${ids.join(" and ")}, its drivers,`;
