import type { ChantEvent } from "../domain/event.ts";
import { type Outcome, statusOf } from "../app/outcome.ts";
import { type Context, printJson } from "./context.ts";
import { outcomeText } from "./outcome-text.ts";
import { lineProgress } from "./progress.ts";

/** Tells of what happens under a command of a person's, one line an event on standard error. */
export function eventTeller({ terminal }: Context): (event: ChantEvent) => void {
  const progress = lineProgress(terminal, false);
  return (event) => progress.note(event);
}

/** Lets a person leave a command that lands: gates may run for long. */
export const leavingLanding = (context: Context): ReturnType<Context["interruption"]> =>
  context.interruption(() => {
    context.terminal.err(
      "Leaving: what has not landed is left to the next chant work or watch (Ctrl-C again leaves at once).\n",
    );
  });

/** Prints data as JSON, or a sentence. */
export function tell(context: Context, isJson: boolean | undefined, data: unknown, line: string): void {
  if (isJson === true) printJson(context, data);
  else context.terminal.out(`${line}\n`);
}

/** Prints what became of one spec, and returns the exit status that goes with it. */
export function tellOutcome(context: Context, isJson: boolean | undefined, outcome: Outcome): number {
  tell(context, isJson, outcome, outcomeText(outcome));
  return statusOf([outcome]);
}

/** Prints what became of some specs, with \`--json\` one object for one of them, else a list. */
export function tellOutcomes(
  context: Context,
  isJson: boolean | undefined,
  outcomes: readonly Outcome[],
): number {
  if (isJson === true) printJson(context, outcomes.length === 1 ? outcomes[0] : outcomes);
  else for (const outcome of outcomes) context.terminal.out(`${outcomeText(outcome)}\n`);
  return statusOf(outcomes);
}
