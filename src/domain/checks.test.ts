import fc from "fast-check";
import { expect, test } from "vitest";
import { checksOf, criteriaNames, failedChecksOutput, failedChecksReason } from "./checks.ts";
import { parseCriteria, tick, untickAll } from "./criteria.ts";

/** A command as it can stand in a comment on one line. */
const command = fc
  .string({ unit: "grapheme", minLength: 1 })
  .map((text) => text.replaceAll(/[\r\n\u2028\u2029]/g, "").trim())
  .filter((text) => text !== "" && !text.includes("--") && !text.endsWith("-") && !text.includes("`"));

const fileOf = (lines: readonly string[]): string => `# T\n\n## Acceptance Criteria\n\n${lines.join("\n")}\n`;

const read = (text: string) => parseCriteria(text).map(({ check }) => check ?? null);

test("a check is read as it was written, whatever is in it, and ticks leave it alone", () => {
  fc.assert(
    fc.property(fc.array(fc.option(command), { minLength: 1, maxLength: 6 }), (commands) => {
      const lines = commands.map((each, at) =>
        each === null ? `- [ ] Item ${at}` : `- [ ] Item ${at} <!-- check: ${each} -->`,
      );
      const text = fileOf(lines);
      expect(read(text)).toEqual(commands);
      expect(read(tick(text, "all"))).toEqual(commands);
      expect(untickAll(tick(text, "all"))).toBe(text);
    }),
  );
});

test("every check is run once, in order, and no criterion is lost or told twice", () => {
  const few = fc.constantFrom("a", "b", "c", undefined);
  fc.assert(
    fc.property(fc.array(few), (commands) => {
      const criteria = commands.map((check, at) => ({
        text: `Item ${at + 1}`,
        ticked: false,
        line: at + 1,
        number: at + 1,
        ...(check === undefined ? {} : { check }),
      }));
      const checks = checksOf(criteria);
      const expected = [...new Set(commands.filter((each) => each !== undefined))];
      expect(checks.map((each) => each.command)).toEqual(expected);
      for (const check of checks) {
        const numbers = criteria.filter((each) => each.check === check.command).map(({ number }) => number);
        expect(check.criteria.map(({ number }) => number)).toEqual(numbers);
      }
    }),
  );
});

test("what only stands in code, in a fence or in a comment of its own is no check of a criterion", () => {
  const text = fileOf([
    "- [ ] Says `<!-- check: rm -rf / -->` in the guide",
    "- [ ] Two <!-- note --> <!-- check: make -->",
    "<!-- check: lost -->",
    "```",
    "- [ ] Not one <!-- check: x -->",
    "```",
  ]);
  expect(parseCriteria(text).map(({ check }) => check)).toEqual([undefined, "make"]);
});

const failed = (numbers: readonly number[], tail: readonly string[]) => ({
  check: { command: "npm test", criteria: numbers.map((number) => ({ number, text: `Item ${number}` })) },
  how: "exited with code 1",
  tail,
});

test("the reason is one line with the last word of the first that failed", () => {
  expect(failedChecksReason([failed([2], ["a", "2 of 3 failed", "  "])])).toBe(
    'the check of criterion 2 failed: "npm test" exited with code 1: 2 of 3 failed',
  );
  expect(failedChecksReason([failed([1, 3, 4], []), failed([2], ["x"])])).toBe(
    'the check of criteria 1, 3 and 4 failed (and 1 other check failed): "npm test" exited with code 1',
  );
  expect(failedChecksReason([failed([1], ["x".repeat(5_000)])]).length).toBeLessThan(300);
  expect(criteriaNames([{ number: 7, text: "" }])).toBe("criterion 7");
});

test("an agent is told how each ended and what it printed last, in a block that nothing printed can close", () => {
  const told = failedChecksOutput([failed([1], ["```", "", "# not a heading"]), failed([2], [])]);
  expect(told).toBe(
    "The check of criterion 1, `npm test`, exited with code 1. It printed last:\n\n    ```\n\n    # not a heading\n\n" +
      "The check of criterion 2, `npm test`, exited with code 1. It printed nothing.",
  );
  const long = failedChecksOutput([failed([1], ["x".repeat(100_000)])]);
  expect(long.length).toBeLessThan(17_000);
});
