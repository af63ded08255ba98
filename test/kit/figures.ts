import { appendFileSync } from "node:fs";

/**
 * Tells what a suite has tried and what came of it, as one line of JSON in the file that `CHANT_FIGURES` names:
 * scripts/reliability.mjs makes docs/reference/reliability.md of such a file. Without the variable nothing is written.
 */
export function figures(suite: string, counted: Readonly<Record<string, number>>): void {
  const file = process.env["CHANT_FIGURES"];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ suite, figures: counted })}\n`);
}
