import type { LintReport } from "../app/lint.ts";
import type { Finding } from "../domain/lint/finding.ts";
import { escapeTerminal, plural } from "../kit/text.ts";

/** Returns findings as lines that editors can jump to: `FILE:LINE:COLUMN: SEVERITY RULE: MESSAGE`, and the hint below. */
export function findingLines({ findings }: Pick<LintReport, "findings">): readonly string[] {
  return findings.flatMap((finding) => {
    const { file, line, column, severity, rule, message, hint } = finding;
    return [
      ...headLine(finding),
      escapeTerminal(`${file}:${line}:${column}: ${severity} ${rule}: ${message}`),
      ...(hint === undefined ? [] : [escapeTerminal(`  hint: ${hint}`)]),
    ];
  });
}

/** A member without its driver is told in a line of its own first, in the words that scripts look for. */
const headLine = ({ rule, message }: Finding): readonly string[] =>
  rule === "member-without-driver" ? [escapeTerminal(`Warning: ${message}`)] : [];

/** Returns what was mended, a line each. */
export const fixedLines = ({ fixed = [] }: LintReport): readonly string[] =>
  fixed.map(({ file, line, column, rule, message }) =>
    escapeTerminal(`${file}:${line}:${column}: fixed ${rule}: ${message}`),
  );

/** Returns the sentence at the end: "2 errors and 1 warning in 10 specs." */
export function lintSummary({ findings, specs, fixed = [] }: LintReport): string {
  const { errors, warnings } = countFindings(findings);
  const parts = [
    ...(errors === 0 ? [] : [plural(errors, "error")]),
    ...(warnings === 0 ? [] : [plural(warnings, "warning")]),
  ];
  const mended = fixed.length === 0 ? "" : `Fixed ${plural(fixed.length, "finding")}. `;
  return `${mended}${parts.length === 0 ? "Nothing is wrong" : parts.join(" and ")} in ${plural(specs, "spec")}.`;
}

/** Counts findings by severity. */
export function countFindings(findings: readonly { readonly severity: "error" | "warning" }[]): {
  readonly errors: number;
  readonly warnings: number;
} {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  return { errors, warnings: findings.length - errors };
}
