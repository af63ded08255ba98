import type { Criterion } from "./criteria.ts";
import { plural } from "../kit/text.ts";

/** A command, and the criteria that it shows; one that several of them name is run once. */
export interface Check {
  readonly command: string;
  readonly criteria: readonly Pick<Criterion, "number" | "text">[];
}

/** Returns the checks of a spec, in the order in which they are named first. */
export function checksOf(criteria: readonly Criterion[]): readonly Check[] {
  const found = new Map<string, Pick<Criterion, "number" | "text">[]>();
  for (const { check, number, text } of criteria) {
    if (check !== undefined) found.set(check, [...(found.get(check) ?? []), { number, text }]);
  }
  return [...found].map(([command, shown]) => ({ command, criteria: shown }));
}

/** A check that did not pass. */
export interface FailedCheck {
  readonly check: Check;
  /** How it ended, to be put behind its name: "exited with code 1". */
  readonly how: string;
  /** The last lines that it printed. */
  readonly tail: readonly string[];
}

/** Names the criteria of a check: `criterion 2`, `criteria 1 and 3`. */
export function criteriaNames(criteria: Check["criteria"]): string {
  const numbers = criteria.map(({ number }) => String(number));
  if (numbers.length === 1) return `criterion ${numbers[0]}`;
  return `criteria ${numbers.slice(0, -1).join(", ")} and ${numbers.at(-1)}`;
}

const LINE_LIMIT = 200;

/** Says in one line why checks keep a run from landing, as a clause: the first that failed, with its last word. */
export function failedChecksReason(failed: readonly FailedCheck[]): string {
  const [first, ...others] = failed;
  if (first === undefined) throw new RangeError("no check has failed");
  const { check, how, tail } = first;
  const last = tail.findLast((line) => line.trim() !== "")?.trim();
  const said = last === undefined ? "" : `: ${last.slice(0, LINE_LIMIT)}`;
  const more = others.length === 0 ? "" : ` (and ${plural(others.length, "other check")} failed)`;
  return `the check of ${criteriaNames(check.criteria)} failed${more}: ${JSON.stringify(check.command)} ${how}${said}`;
}

/** The most that is handed to an agent of what checks printed, in characters. */
const OUTPUT_LIMIT = 16 * 1024;

/** Returns what an agent is told of checks that failed: how each ended, and the end of what it printed. */
export function failedChecksOutput(failed: readonly FailedCheck[]): string {
  const limit = Math.floor(OUTPUT_LIMIT / Math.max(1, failed.length));
  return failed
    .map(({ check, how, tail }) => {
      const said = tail.join("\n").slice(-limit);
      const printed = said.trim() === "" ? " It printed nothing." : ` It printed last:\n\n${indented(said)}`;
      return `The check of ${criteriaNames(check.criteria)}, \`${check.command}\`, ${how}.${printed}`;
    })
    .join("\n\n");
}

/** A block of code without a fence, which what was printed could close. */
const indented = (text: string): string =>
  text
    .split("\n")
    .map((line) => (line === "" ? "" : `    ${line}`))
    .join("\n");
