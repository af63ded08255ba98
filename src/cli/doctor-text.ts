import type { Check, CheckLevel } from "../domain/doctor.ts";
import { escapeTerminal, plural } from "../kit/text.ts";

/** Returns findings as lines: level, name and message, and below it the command that mends it. */
export const doctorLines = (checks: readonly Check[]): readonly string[] =>
  checks.flatMap(({ level, name, message, mend }) => [
    `${level.padEnd(8)} ${name}: ${escapeTerminal(message)}`,
    ...(mend === undefined ? [] : [`         mend: ${escapeTerminal(mend)}`]),
  ]);

/** Returns the sentence at the end. */
export function doctorSummary(checks: readonly Check[]): string {
  const count = (level: CheckLevel): number => checks.filter((check) => check.level === level).length;
  const parts = [
    ...(count("broken") === 0 ? [] : [`${count("broken")} broken`]),
    ...(count("warning") === 0 ? [] : [plural(count("warning"), "warning")]),
  ];
  return parts.length === 0 ? "All is well." : `${parts.join(", ")}.`;
}
