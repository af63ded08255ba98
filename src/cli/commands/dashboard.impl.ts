import { ChantError } from "../../kit/errors.ts";
import { type Dashboard, readDashboard } from "../../app/dashboard.ts";
import { followDashboard } from "../../app/follow-dashboard.ts";
import { openWorkspace, type Workspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { drawDashboard } from "../dashboard-text.ts";
import { frameText } from "../frame.ts";
import type { DashboardFlags } from "./dashboard.ts";

export async function run(context: Context, flags: DashboardFlags): Promise<number> {
  const isScreen = context.terminal.isTerminal(1) && context.env["TERM"] !== "dumb";
  requireSense(flags, isScreen);
  const workspace = await openWorkspace(context.cwd, context.env);
  if (flags.json === true && flags.live === true) return jsonLines(context, workspace);
  const isLive = isScreen && flags.once !== true && flags.json !== true;
  return isLive ? live(context, workspace) : once(context, flags, workspace);
}

function requireSense({ once: isOnce, live: isLive, json }: DashboardFlags, isScreen: boolean): void {
  if (isLive !== true) return;
  if (isOnce === true) {
    throw new ChantError("USAGE", "--once and --live do not go together.", {
      hint: "Leave one of them out.",
    });
  }
  if (isScreen || json === true) return;
  throw new ChantError("USAGE", "--live needs a terminal, or --json.", {
    hint: "One object a line: chant dashboard --live --json",
  });
}

async function once(context: Context, { json }: DashboardFlags, workspace: Workspace): Promise<number> {
  const { terminal, clock } = context;
  const dashboard = await readDashboard(workspace, clock);
  if (json === true) {
    printJson(context, dashboard);
    return 0;
  }
  const lines = drawDashboard(dashboard, {
    nowMs: dashboard.atMs,
    hasColor: terminal.hasColor(1),
    ...(terminal.isTerminal(1) ? { width: terminal.size().width } : {}),
  });
  terminal.out(lines.map((line) => `${line}\n`).join(""));
  return 0;
}

async function jsonLines(context: Context, workspace: Workspace): Promise<number> {
  using interruption = context.interruption(() => {});
  const { signal } = interruption;
  await followDashboard(workspace, { clock: context.clock, signal }, (now) => printJson(context, now));
  return interruption.status ?? 0;
}

/** How often times that pass are drawn anew, in milliseconds. */
const TICK_MS = 1_000;

/** What Ctrl-C and Ctrl-L send, and the status that goes with the first. */
const INTERRUPT = "\u0003";
const REDRAW = "\u000c";
const INTERRUPTED_STATUS = 130;

const hasClock = ({ running, waiting }: Dashboard): boolean =>
  running.length > 0 || waiting.some(({ kind }) => kind === "retry");

async function live(context: Context, workspace: Workspace): Promise<number> {
  const { terminal, clock } = context;
  using interruption = context.interruption(() => {});
  const left = new AbortController();
  const signal = AbortSignal.any([interruption.signal, left.signal]);
  let status = 0;
  let painted: readonly string[] | undefined;
  // The first look may be refused, and that is told on the screen that the user has.
  let dashboard = await readDashboard(workspace, clock);
  const draw = (): void => {
    const { width, height } = terminal.size();
    // What is cleared behind a full line would be its last character.
    const size = { width: width - 1, height, hasKeys: true };
    const lines = drawDashboard(dashboard, { ...size, nowMs: clock.nowMs(), hasColor: terminal.hasColor(1) });
    terminal.out(frameText(painted, lines));
    painted = lines;
  };
  const drawWhole = (): void => {
    painted = undefined;
    draw();
  };
  const onKey = (key: string): void => {
    if (key === REDRAW) return drawWhole();
    if (key !== "q" && key !== INTERRUPT) return;
    status = key === "q" ? 0 : INTERRUPTED_STATUS;
    left.abort();
  };
  using _screen = terminal.fullScreen(onKey);
  using _resize = terminal.onResize(drawWhole);
  drawWhole();
  // Without anything that takes or waits for its time the screen stays as it is.
  const timer = setInterval(() => {
    if (hasClock(dashboard)) draw();
  }, TICK_MS);
  try {
    await followDashboard(workspace, { clock, signal }, (now: Dashboard) => {
      dashboard = now;
      draw();
    });
  } finally {
    clearInterval(timer);
  }
  return interruption.status ?? status;
}
