import { readOverview } from "../../app/overview.ts";
import { countStatuses, isOver } from "../../app/standing.ts";
import { watchStatus } from "../../app/watch-control.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { specJson } from "../spec-json.ts";
import { statusText } from "../status-text.ts";
import type { StatusFlags } from "./status.ts";

export async function run(context: Context, flags: StatusFlags): Promise<void> {
  const workspace = await openWorkspace(context.cwd, context.env);
  const [overview, watch] = await Promise.all([
    readOverview(workspace, { passOver: (_, status) => isOver(status) }),
    watchStatus(workspace),
  ]);
  if (flags.json === true) {
    const { specs, passedOver } = overview;
    const runs = specs.filter((spec) => spec.run !== undefined).map(specJson);
    return printJson(context, { watch, runs, counts: countStatuses(specs, passedOver) });
  }
  const isTerminal = context.terminal.isTerminal(1);
  const look = {
    nowMs: context.clock.nowMs(),
    width: isTerminal ? context.terminal.size().width : undefined,
    hasColor: context.terminal.hasColor(1),
  };
  context.terminal.out(statusText(overview, watch, look));
}
