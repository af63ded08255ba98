import { ChantError } from "../../kit/errors.ts";
import { type ChantEvent, timedLine } from "../../domain/event.ts";
import { watch } from "../../app/watch.ts";
import { stopWatch, watchStatus } from "../../app/watch-control.ts";
import { watchDryRun } from "../../app/watch-dry-run.ts";
import { openWorkspace, requireInitialised, type Workspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { tell } from "../outcomes.ts";
import { intendedLine, watchStatusText } from "../watch-text.ts";
import type { WatchFlags, WatchWord } from "./watch.ts";

export async function run(context: Context, flags: WatchFlags, what?: WatchWord): Promise<number> {
  requireSense(flags, what);
  const workspace = await openWorkspace(context.cwd, context.env);
  await requireInitialised(workspace);
  if (what === "stop") return stop(context, flags, workspace);
  if (what === "status") return status(context, flags, workspace);
  return flags.dryRun === true ? dryRun(context, flags, workspace) : loop(context, flags, workspace);
}

function requireSense(flags: WatchFlags, what: WatchWord | undefined): void {
  const modes = [
    what,
    flags.once === true ? "--once" : undefined,
    flags.dryRun === true ? "--dry-run" : undefined,
  ];
  const given = modes.filter((mode) => mode !== undefined);
  if (given.length < 2) return;
  throw new ChantError("USAGE", `${given.join(" and ")} do not go together.`, {
    hint: "Leave one of them out.",
  });
}

async function loop(context: Context, flags: WatchFlags, workspace: Workspace): Promise<number> {
  const { terminal } = context;
  using interruption = context.interruption(() => {
    if (terminal.isTerminal(2)) terminal.err("Leaving: the agents go on (Ctrl-C again leaves at once).\n");
  });
  const request = {
    isOnce: flags.once === true,
    version: await context.version(),
    signal: interruption.signal,
    ...(flags.notify === undefined ? {} : { notify: flags.notify }),
    ...(flags.pollInterval === undefined ? {} : { pollIntervalMs: flags.pollInterval }),
  };
  const show = (event: ChantEvent): void => {
    if (flags.json === true) printJson(context, event);
    else terminal.out(`${timedLine(event)}\n`);
  };
  const summary = await watch(workspace, request, show);
  if (flags.json === true) printJson(context, { kind: "result", ...summary });
  return interruption.status ?? summary.exitStatus;
}

async function dryRun(context: Context, flags: WatchFlags, workspace: Workspace): Promise<number> {
  const intended = await watchDryRun(workspace, context.clock);
  if (flags.json === true) printJson(context, intended);
  else if (intended.length === 0) context.terminal.err("There is nothing to do. Nothing was changed.\n");
  else {
    const nowMs = context.clock.nowMs();
    context.terminal.out(intended.map((each) => `${intendedLine(each, nowMs)}\n`).join(""));
    context.terminal.err("Nothing was changed.\n");
  }
  return 0;
}

async function status(context: Context, flags: WatchFlags, workspace: Workspace): Promise<number> {
  const found = await watchStatus(workspace);
  tell(context, flags.json, found, watchStatusText(found, context.clock.nowMs()));
  return 0;
}

async function stop(context: Context, flags: WatchFlags, workspace: Workspace): Promise<number> {
  const pid = await stopWatch(workspace);
  const text =
    pid === undefined ? "No watch runs here." : `The watch (process ${pid}) has ended; agents go on.`;
  tell(context, flags.json, pid === undefined ? {} : { pid }, text);
  return 0;
}
