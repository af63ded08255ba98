import type { LintReport } from "../app/lint.ts";
import { escapeTerminal, plural } from "../kit/text.ts";

/** Returns findings as lines that editors can jump to: `FILE:LINE:COLUMN: SEVERITY RULE: MESSAGE`, and the hint below. */
export function findingLines({ findings }: Pick<LintReport, "findings">): readonly string[] {
  return findings.flatMap(({ file, line, column, severity, rule, message, hint }) => [
    escapeTerminal(`${file}:${line}:${column}: ${severity} ${rule}: ${message}`),
    ...(hint === undefined ? [] : [escapeTerminal(`  hint: ${hint}`)]),
  ]);
}

/** Returns the sentence at the end: "2 errors and 1 warning in 10 specs." */
export function lintSummary({ findings, specs }: LintReport): string {
  const { errors, warnings } = countFindings(findings);
  const parts = [
    ...(errors === 0 ? [] : [plural(errors, "error")]),
    ...(warnings === 0 ? [] : [plural(warnings, "warning")]),
  ];
  return `${parts.length === 0 ? "Nothing is wrong" : parts.join(" and ")} in ${plural(specs, "spec")}.`;
}

/** Counts findings by severity. */
export function countFindings(findings: readonly { readonly severity: "error" | "warning" }[]): {
  readonly errors: number;
  readonly warnings: number;
} {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  return { errors, warnings: findings.length - errors };
}
