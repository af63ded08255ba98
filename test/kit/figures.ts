/**
 * Tells what a suite has tried and what came of it, as one line of JSON in the file that `CHANT_FIGURES` names:
 * `npm run reference:reliability` makes docs/reference/reliability.md of such a file. Without the variable nothing is
 * written.
 */
export function figures(suite: string, counted: Readonly<Record<string, number>>): void {
  const file = process.env["CHANT_FIGURES"];
  if (file === undefined) return;
  // The real one, where a simulation has put its own in the place of the module.
  const { appendFileSync } = process.getBuiltinModule("node:fs");
  appendFileSync(file, `${JSON.stringify({ suite, figures: counted })}\n`);
}
