import type { Clock } from "../kit/clock.ts";
import { timeOfDay } from "../kit/local-time.ts";
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

/** Ends a run as far as this view goes, and counts as this. */
const OVER: { readonly [K in ChantEvent["kind"]]?: "landed" | "failed" | "attention" } = {
  landed: "landed",
  failed: "failed",
  needs_attention: "attention",
};

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
  let lasting = "";
  let isOver = false;
  const draw = (): void => {
    const state = { total, ...counts, runs, lastEvents, startedAtMs, nowMs: clock.nowMs() };
    const size = { ...terminal.size(), hasColor: terminal.hasColor(2) };
    painter.paint(isOver ? [] : drawLive(state, size), lasting);
    lasting = "";
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const redraw = async (): Promise<void> => {
    // A record that is just being replaced is seen the next time.
    const found = await readRuns().catch(() => runs);
    if (isOver) return;
    runs = found;
    draw();
    timer = setTimeout(() => void redraw(), REDRAW_MS);
  };
  void redraw();
  const resize = terminal.onResize(draw);
  return {
    note: (event) => {
      // A failure that is tried again is no end.
      const isEnd = event.kind !== "failed" || event.again !== true;
      const key = isEnd ? OVER[event.kind] : undefined;
      if (key !== undefined) counts[key] += 1;
      if ("id" in event) {
        lastEvents.set(event.id, eventLine(event).replace(`${event.id} `, ""));
        if (key !== undefined) runs = runs.filter(({ id }) => id !== event.id);
      }
      if (LASTING.has(event.kind)) lasting += `${eventLine(event)}\n`;
    },
    say: (line) => {
      lasting += `${escapeTerminal(line)}\n`;
      draw();
    },
    [Symbol.asyncDispose]: () => {
      if (isOver) return Promise.resolve();
      isOver = true;
      clearTimeout(timer);
      resize[Symbol.dispose]();
      draw();
      return Promise.resolve();
    },
  };
}
