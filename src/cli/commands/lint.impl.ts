import { fixSpecs, type LintReport, lintSpecs } from "../../app/lint.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { unreachable } from "../../kit/unreachable.ts";
import { type Context, printJson } from "../context.ts";
import { githubLines, sarifOf } from "../lint-formats.ts";
import { countFindings, findingLines, fixedLines, lintSummary } from "../lint-text.ts";
import type { LintFlags } from "./lint.ts";

export async function run(context: Context, flags: LintFlags, ...partials: string[]): Promise<number> {
  const workspace = await openWorkspace(context.cwd, context.env);
  const report = await (flags.fix === true ? fixSpecs : lintSpecs)(workspace, partials);
  await print(context, flags, report);
  const { errors, warnings } = countFindings(report.findings);
  return errors > 0 || (flags.strict === true && warnings > 0) ? 1 : 0;
}

async function print(context: Context, flags: LintFlags, report: LintReport): Promise<void> {
  const { terminal } = context;
  const format = flags.json === true ? "json" : (flags.format ?? "text");
  switch (format) {
    case "json":
      return printJson(context, { ...countFindings(report.findings), ...report });
    case "sarif":
      return terminal.out(`${JSON.stringify(sarifOf(report.findings, await context.version()), null, 2)}\n`);
    case "github":
      return terminal.out(lines(githubLines(report.findings)));
    case "text":
      terminal.out(lines(findingLines(report)));
      return terminal.err(`${lines(fixedLines(report))}${lintSummary(report)}\n`);
    default:
      return unreachable(format);
  }
}

const lines = (each: readonly string[]): string => each.map((line) => `${line}\n`).join("");
