import { escapeTerminal, formatDuration, truncate } from "../kit/text.ts";
import { unreachable } from "../kit/unreachable.ts";
import type { SplitStep } from "../app/split.ts";
import type { Context } from "./context.ts";
import { Painter } from "./painter.ts";

/** Tells a person what happens while an agent is asked. */
export interface SplitProgress extends Disposable {
  note(step: SplitStep): void;
  say(line: string): void;
}

const REDRAW_MS = 200;

/** One line a step on standard error; on a terminal, below them, how long the agent takes and what it printed last. */
export function splitProgress({ terminal, clock }: Pick<Context, "terminal" | "clock">): SplitProgress {
  const painter = terminal.isTerminal(2) ? new Painter(terminal) : undefined;
  let startedAtMs: number | undefined;
  let last = "";
  const draw = (above = ""): void => {
    if (painter === undefined) {
      terminal.err(above);
      return;
    }
    const elapsed = startedAtMs === undefined ? "" : formatDuration(clock.nowMs() - startedAtMs).padStart(7);
    const line = truncate(`${elapsed}  ${last}`, Math.max(1, terminal.size().width - 1)).trimEnd();
    painter.paint(startedAtMs === undefined ? [] : [line], above);
  };
  const timer = painter === undefined ? undefined : setInterval(() => draw(), REDRAW_MS);
  const say = (line: string): void => draw(`${escapeTerminal(line)}\n`);
  return {
    say,
    note: (step) => {
      switch (step.kind) {
        case "asking":
          startedAtMs = clock.nowMs();
          last = "";
          say(
            `Asking the agent ${step.agent} ${step.isAgain ? "once more " : ""}to split ${JSON.stringify(step.title)}.`,
          );
          return;
        case "line":
          last = escapeTerminal(step.line);
          return;
        case "rejected":
          for (const problem of step.problems) say(`The proposal does not hold: ${problem}.`);
          return;
        default:
          unreachable(step);
      }
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      startedAtMs = undefined;
      if (painter !== undefined) draw();
    },
  };
}
