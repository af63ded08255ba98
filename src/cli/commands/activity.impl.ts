import { escapeTerminal } from "../../kit/text.ts";
import { activity } from "../../app/activity.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { happeningLines } from "../history-text.ts";
import { requireSince } from "../period-flags.ts";
import type { ActivityFlags } from "./activity.ts";

const SHOWN = 50;

export async function run(context: Context, flags: ActivityFlags): Promise<void> {
  const { terminal, clock } = context;
  const { by, spec, limit = SHOWN } = flags;
  const sinceMs = requireSince("since", flags.since, clock.nowMs());
  const { happenings, warning } = await activity(await openWorkspace(context.cwd, context.env), {
    limit,
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(by === undefined ? {} : { by }),
    ...(spec === undefined ? {} : { spec }),
  });
  if (warning !== undefined) terminal.err(`${escapeTerminal(warning)}\n`);
  if (flags.json) return printJson(context, happenings);
  if (happenings.length === 0) terminal.err("Nothing happened that fits.\n");
  else terminal.out(`${happeningLines(happenings, { hasId: true })}\n`);
}
