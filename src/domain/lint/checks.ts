import { splitDocument } from "../front-matter.ts";
import { markdownLines } from "../markdown.ts";
import type { Spec } from "../spec.ts";
import { type Finding, findingOf } from "./finding.ts";
import { fileOf, type LintWorld, readable } from "./world.ts";

const LIKE_A_CHECK = /<!--\s*checks?\b/gi;

/** Finds comments that look like the check of a criterion and are none: nothing would run, and nobody would notice. */
export const brokenChecks = (world: LintWorld): readonly Finding[] =>
  readable(world.specs).flatMap((spec) =>
    commentsIn(spec).flatMap(({ line, column, isFirst }) => {
      const criterion = spec.criteria.find((each) => each.line === line);
      const problem = problemOf(criterion, isFirst);
      if (problem === undefined) return [];
      return [
        findingOf(
          "broken-check",
          { file: fileOf(world, spec.id), line, column },
          [spec.id],
          problem,
          "A check stands on the line of its criterion: - [ ] All tests pass <!-- check: npm test -->",
        ),
      ];
    }),
  );

function problemOf(criterion: { readonly check?: string } | undefined, isFirst: boolean): string | undefined {
  if (criterion === undefined) return "This check stands beside no criterion, so it shows nothing.";
  if (criterion.check === undefined) return "This comment names no command, so it checks nothing.";
  return isFirst ? undefined : "A criterion has one check: this one does not run.";
}

interface Comment {
  readonly line: number;
  readonly column: number;
  /** The first of its line. */
  readonly isFirst: boolean;
}

function commentsIn({ text }: Spec): readonly Comment[] {
  if (!/<!--\s*check/i.test(text)) return [];
  const bodyStart = splitDocument(text)?.bodyStart ?? 0;
  let line = text.slice(0, bodyStart).split("\n").length - 1;
  const found: Comment[] = [];
  for (const { raw, fence } of markdownLines(text, bodyStart)) {
    line += 1;
    if (fence !== undefined) continue;
    const starts = [...raw.matchAll(LIKE_A_CHECK)].filter(({ index }) => !isInCode(raw, index));
    const at = line;
    found.push(...starts.map(({ index }, nth) => ({ line: at, column: index + 1, isFirst: nth === 0 })));
  }
  return found;
}

/** Behind an odd number of backticks: people write about checks as well. */
const isInCode = (raw: string, index: number): boolean => raw.slice(0, index).split("`").length % 2 === 0;
