import type { NamedCommand } from "../app/trust.ts";
import { escapeTerminal, plural } from "../kit/text.ts";
import type { Context } from "./context.ts";

/** Shows each command whole: nobody is to trust what was cut off. */
export const commandLines = (commands: readonly NamedCommand[]): string =>
  commands
    .map(({ command, namedBy }) => {
      const [first = "", ...others] = namedBy;
      const more = others.length === 0 ? "" : ` and ${plural(others.length, "other")}`;
      return `  ${escapeTerminal(command)}\n    of ${first}${more}\n`;
    })
    .join("");

/** Whether a person is there who can be asked. */
export const canAsk = ({ terminal }: Context, isJson: boolean): boolean =>
  !isJson && terminal.isTerminal(0) && terminal.isTerminal(2);

/** Asks, and takes only a yes for a yes. */
export const isYes = ({ terminal }: Context, question: string): boolean =>
  /^y(es)?$/i.test(terminal.ask(`${question} [y/N] `)?.trim() ?? "");
