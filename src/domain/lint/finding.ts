import type { SpecId } from "../id.ts";

/** The permanent names of the rules. A name is never reused or renamed; docs/guide/lint.md says what each is about. */
export const LINT_RULES = {
  "broken-spec": "error",
  "file-name": "error",
  "unknown-dependency": "error",
  "dependency-cycle": "error",
  "unknown-prompt": "error",
  "unknown-key": "warning",
  "former-key": "warning",
  "members-differ": "warning",
  "duplicate-sequence": "warning",
  "missing-criteria": "warning",
  "broken-check": "warning",
  "spec-too-large": "warning",
  "completed-unticked": "warning",
  "in-progress-without-run": "warning",
  "member-without-driver": "warning",
} as const satisfies { readonly [rule: string]: "error" | "warning" };

export type LintRule = keyof typeof LINT_RULES;

/** Tells a rule's name from other words. */
export const isLintRule = (name: string): name is LintRule => Object.hasOwn(LINT_RULES, name);

/** The rules that `lint.disable` may name: what cannot be read is told in any case, as every list does. */
export const OPTIONAL_RULES: readonly LintRule[] = (Object.keys(LINT_RULES) as readonly LintRule[]).filter(
  (rule) => rule !== "broken-spec",
);

/** Something that is wrong, or may be, with what stands in the folder of specs. */
export interface Finding {
  readonly rule: LintRule;
  readonly severity: "error" | "warning";
  /** Relative to home, with `/`. */
  readonly file: string;
  /** Counts from 1, in the whole file. */
  readonly line: number;
  /** Counts from 1. */
  readonly column: number;
  readonly message: string;
  readonly hint?: string;
  /** The specs that it is about: one, or all of a cycle; none where a file is no spec. */
  readonly specs: readonly SpecId[];
}

type Place = Pick<Finding, "file" | "line" | "column">;

/** Makes a finding of a rule, with the severity that the rule has. */
export const findingOf = (
  rule: LintRule,
  place: Place,
  specs: readonly SpecId[],
  message: string,
  hint?: string,
): Finding => ({
  rule,
  severity: LINT_RULES[rule],
  file: place.file,
  line: place.line,
  column: place.column,
  message,
  ...(hint === undefined ? {} : { hint }),
  specs,
});

/** Orders findings as people read files: by name, then from top to bottom. */
export const compareFindings = (a: Finding, b: Finding): number =>
  (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
  a.line - b.line ||
  a.column - b.column ||
  (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0);
