import type { Clock } from "../kit/clock.ts";
import { escapeTerminal } from "../kit/text.ts";
import { type ChantEvent, eventLine } from "../domain/event.ts";
import type { LiveRun } from "../app/live-runs.ts";
import type { Terminal } from "./context.ts";
import { drawLive } from "./live-view.ts";
import { Painter } from "./painter.ts";

/** Tells a person what happens while it happens. */
export interface Progress extends AsyncDisposable {
  note(event: ChantEvent): void;
  /** Something that is no event. */
  say(line: string): void;
}

/** Off a terminal: one line an event on standard error, with the time of day for a log that is read later. */
export function lineProgress(terminal: Terminal, hasTime: boolean): Progress {
  const write = (line: string, atMs: number): void =>
    terminal.err(`${hasTime ? `${timeOfDay(atMs)} ` : ""}${line}\n`);
  return {
    note: (event) => {
      if (event.kind !== "summary") write(eventLine(event), event.at);
    },
    say: (line) => terminal.err(`${line}\n`),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function timeOfDay(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}

/** What stays on the screen; the rest shows in the live lines. */
const LASTING: ReadonlySet<ChantEvent["kind"]> = new Set([
  "landed",
  "failed",
  "needs_attention",
  "completed_driver",
  "waiting",
  "interrupted",
  "warning",
]);

/** At most five times a second. */
const REDRAW_MS = 200;

export interface LiveOptions {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly total: number;
  readonly readRuns: () => Promise<readonly LiveRun[]>;
}

/** On a terminal: a progress bar and one line a run, drawn in place. */
export function liveProgress({ terminal, clock, total, readRuns }: LiveOptions): Progress {
  const painter = new Painter(terminal);
  const counts = { landed: 0, failed: 0, attention: 0 };
  const lastEvents = new Map<string, string>();
  const startedAtMs = clock.nowMs();
  let runs: readonly LiveRun[] = [];
  let isOver = false;
  const draw = (): void => {
    if (isOver) return;
    const size = { ...terminal.size(), hasColor: terminal.hasColor(2) };
    painter.paint(drawLive({ total, ...counts, runs, lastEvents, startedAtMs, nowMs: clock.nowMs() }, size));
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const redraw = async (): Promise<void> => {
    // A record that is just being replaced is seen the next time.
    runs = await readRuns().catch(() => runs);
    draw();
    if (!isOver) timer = setTimeout(() => void redraw(), REDRAW_MS);
  };
  void redraw();
  const resize = terminal.onResize(draw);
  return {
    note: (event) => {
      if (event.kind === "landed") counts.landed += 1;
      if (event.kind === "failed") counts.failed += 1;
      if (event.kind === "needs_attention") counts.attention += 1;
      if ("id" in event) {
        lastEvents.set(event.id, eventLine(event).replace(`${event.id} `, ""));
      }
      if (LASTING.has(event.kind)) painter.print(`${eventLine(event)}\n`);
    },
    say: (line) => painter.print(`${escapeTerminal(line)}\n`),
    [Symbol.asyncDispose]: () => {
      isOver = true;
      clearTimeout(timer);
      resize[Symbol.dispose]();
      painter.clear();
      return Promise.resolve();
    },
  };
}
