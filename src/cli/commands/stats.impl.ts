import { escapeTerminal } from "../../kit/text.ts";
import { stats as readStats } from "../../app/stats.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { requireSince } from "../period-flags.ts";
import { statsText } from "../stats-text.ts";
import type { StatsFlags } from "./stats.ts";

const PERIOD = "30d";

export async function run(context: Context, flags: StatsFlags): Promise<void> {
  const { terminal, clock } = context;
  const nowMs = clock.nowMs();
  const sinceMs = requireSince("since", flags.since ?? PERIOD, nowMs) ?? 0;
  const workspace = await openWorkspace(context.cwd, context.env);
  const { stats, warning } = await readStats(workspace, { sinceMs, nowMs });
  if (warning !== undefined) terminal.err(`${escapeTerminal(warning)}\n`);
  if (flags.json) printJson(context, stats);
  else terminal.out(statsText(stats));
}
