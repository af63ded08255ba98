import { cancel, type Cancelled } from "../../app/cancel.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { ChantError } from "../../kit/errors.ts";
import { escapeTerminal, plural } from "../../kit/text.ts";
import { type Context, printJson } from "../context.ts";
import { eventTeller } from "../outcomes.ts";
import type { CancelFlags } from "./cancel.ts";

export async function run(
  context: Context,
  flags: CancelFlags,
  ...partials: readonly string[]
): Promise<number> {
  const workspace = await openWorkspace(context.cwd, context.env);
  const isDryRun = flags.dryRun === true;
  const request = { isDelete: flags.delete === true, isCascade: flags.cascade === true, isDryRun };
  const isAgreed = (planned: readonly Cancelled[]): boolean => isWanted(context, flags, planned);
  const done = await cancel(workspace, partials, request, isAgreed, eventTeller(context));
  if (flags.json === true) {
    const all = done.map((each) => ({ ...each, isDryRun }));
    printJson(context, all.length === 1 ? all[0] : all);
  } else {
    for (const each of done) context.terminal.out(`${escapeTerminal(text(each, isDryRun))}\n`);
  }
  return done.length === 0 ? 1 : 0;
}

/** What nobody named goes only after it was named to somebody. */
function isWanted({ terminal }: Context, flags: CancelFlags, planned: readonly Cancelled[]): boolean {
  const others = planned.filter((each) => each.with !== undefined);
  if (others.length === 0) return true;
  if (flags.json !== true) {
    for (const each of others) {
      terminal.err(`${escapeTerminal(`${each.id} (${each.title}), ${because(each)}`)}\n`);
    }
  }
  if (flags.yes === true) return true;
  const count = `${plural(others.length, "spec")} more`;
  if (flags.json === true || !terminal.isTerminal(0) || !terminal.isTerminal(2)) {
    throw new ChantError("USAGE", `This would cancel ${count}: ${others.map(({ id }) => id).join(", ")}.`, {
      hint: "If that is meant, say so with --yes. Nothing was changed.",
    });
  }
  if (/^y(es)?$/i.test(terminal.ask(`Cancel ${count}? [y/N] `)?.trim() ?? "")) return true;
  terminal.err("Nothing was changed.\n");
  return false;
}

const because = ({ with: cause }: Cancelled): string =>
  cause === undefined
    ? ""
    : cause.as === "member"
      ? `a member of ${cause.id}`
      : `which depends on ${cause.id}`;

function text(cancelled: Cancelled, isDryRun: boolean): string {
  const { id, stops, deletes } = cancelled;
  const what = deletes ? "deleted" : "cancelled";
  const cause = cancelled.with === undefined ? "" : `, ${because(cancelled)},`;
  if (isDryRun) {
    const first = stops ? "its run would be stopped, and " : "";
    return `${id}${cause === "" ? ":" : `${cause.slice(0, -1)}:`} ${first}it would be ${what}. Nothing was changed.`;
  }
  return `${id}${cause} is ${what}${stops ? "; its run was stopped" : ""}.`;
}
