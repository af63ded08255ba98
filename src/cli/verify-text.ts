import type { VerifiedCriterion, VerifiedSpec } from "../app/verify.ts";
import type { Spec } from "../domain/spec.ts";
import { columns, escapeTerminal, formatDuration, plural } from "../kit/text.ts";
import { type Color, colored } from "./colors.ts";

/** Returns what would be verified, as if nothing had run. */
export const plannedSpecs = (specs: readonly Spec[]): readonly VerifiedSpec[] =>
  specs.map(({ id, title, criteria }) => ({
    id,
    title,
    criteria: criteria.flatMap(({ number, text, check }) =>
      check === undefined ? [] : [{ number, text, check, result: "not_run" as const }],
    ),
  }));

const WORDS = { passed: "passed", failed: "failed", not_run: "not run" } as const;
const COLORS: { readonly [R in VerifiedCriterion["result"]]: Color } = {
  passed: "green",
  failed: "red",
  not_run: "dim",
};

/** Returns a line for each criterion below its spec; below one that failed, the end of what was printed. */
export const verifiedLines = (specs: readonly VerifiedSpec[], hasColor: boolean): string =>
  specs.map((spec) => specLines(spec, hasColor)).join("");

function specLines({ id, title, criteria }: VerifiedSpec, hasColor: boolean): string {
  const head = `${id}  ${escapeTerminal(title)}\n`;
  const rows = criteria.map((each) => [
    `  ${each.number}`,
    WORDS[each.result],
    escapeTerminal(each.text),
    `${escapeTerminal(each.check)}${endOf(each)}`,
  ]);
  const lines = columns(rows).split("\n");
  return (
    head +
    criteria
      .map((each, at) => {
        const line = (lines[at] ?? "").replace(WORDS[each.result], (word) =>
          colored(word, COLORS[each.result], hasColor),
        );
        const tail = (each.tail ?? []).map((text) => `       ${escapeTerminal(text)}`.trimEnd());
        return [line, ...tail].map((text) => `${text}\n`).join("");
      })
      .join("")
  );
}

const endOf = ({ how, durationMs }: VerifiedCriterion): string => {
  const took = durationMs === undefined ? "" : ` (${formatDuration(durationMs)})`;
  return `${how === undefined ? "" : ` ${escapeTerminal(how)}`}${took}`;
};

/** Says in a line how it went, and what had nothing to run. */
export function verifySummary(
  specs: readonly VerifiedSpec[],
  unchecked: readonly string[],
  target: string,
): string {
  const all = specs.flatMap(({ criteria }) => criteria);
  const count = (result: VerifiedCriterion["result"]): number =>
    all.filter((each) => each.result === result).length;
  const none = unchecked.map((id) => `${id} has no criterion with a check.\n`).join("");
  if (all.length === 0) return none === "" ? `No completed spec on ${target} has a check.\n` : none;
  const words = (["passed", "failed", "not_run"] as const)
    .filter((result) => count(result) > 0)
    .map((result) => `${count(result)} ${WORDS[result]}`);
  return `${none}${plural(all.length, "criterion", "criteria")} on ${target}: ${words.join(", ")}.\n`;
}
