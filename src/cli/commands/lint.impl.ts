import { lintSpecs } from "../../app/lint.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { countFindings, findingLines, lintSummary } from "../lint-text.ts";
import type { LintFlags } from "./lint.ts";

export async function run(context: Context, flags: LintFlags, ...partials: string[]): Promise<number> {
  const report = await lintSpecs(await openWorkspace(context.cwd, context.env), partials);
  const counts = countFindings(report.findings);
  if (flags.json === true || flags.format === "json") {
    printJson(context, { ...counts, ...report });
  } else {
    context.terminal.out(
      findingLines(report)
        .map((line) => `${line}\n`)
        .join(""),
    );
    context.terminal.err(`${lintSummary(report)}\n`);
  }
  return counts.errors > 0 ? 1 : 0;
}
