import { escapeTerminal } from "../../kit/text.ts";
import { historyOf } from "../../app/history.ts";
import { showSpec } from "../../app/show.ts";
import { openWorkspace } from "../../app/workspace.ts";
import type { ShowFlags } from "./show.ts";
import { type Context, printJson } from "../context.ts";
import { detailsText } from "../details-text.ts";
import { historyText } from "../history-text.ts";
import { detailsJson } from "../spec-json.ts";

export async function run(context: Context, flags: ShowFlags, id: string): Promise<void> {
  if (flags.history) return showHistory(context, flags, id);
  const details = await showSpec(await openWorkspace(context.cwd, context.env), id);
  if (flags.json) return printJson(context, detailsJson(details));
  context.terminal.out(
    detailsText(details, { nowMs: context.clock.nowMs(), hasColor: context.terminal.hasColor(1) }),
  );
}

async function showHistory(context: Context, flags: ShowFlags, partial: string): Promise<void> {
  const { terminal } = context;
  const { id, happenings, attempts, warning } = await historyOf(
    await openWorkspace(context.cwd, context.env),
    partial,
  );
  if (warning !== undefined) terminal.err(`${escapeTerminal(warning)}\n`);
  if (flags.json) return printJson(context, { id, happenings, attempts });
  terminal.out(historyText(happenings, attempts));
}
