import fc from "fast-check";
import { expect, test } from "vitest";
import { matchesOf } from "./diff.ts";

test("finds what two lists have in common", () => {
  expect(matchesOf("abcabba".split(""), "cbabac".split(""))).toHaveLength(4);
  expect(matchesOf(["a", "b"], ["a", "b"])).toEqual([
    [0, 0],
    [1, 1],
  ]);
  expect(matchesOf([], ["a"])).toEqual([]);
  expect(matchesOf(["a"], ["b"])).toEqual([]);
});

/** The textbook way, slow and plain. */
function longest(a: readonly string[], b: readonly string[]): number {
  let above = Array.from({ length: b.length + 1 }, () => 0);
  for (const item of a) {
    const row = [0];
    for (const [at, other] of b.entries()) {
      row.push(item === other ? (above[at] ?? 0) + 1 : Math.max(above[at + 1] ?? 0, row[at] ?? 0));
    }
    above = row;
  }
  return above.at(-1) ?? 0;
}

test("law: the matches are matches, rise, and are as many as can be", () => {
  const list = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 14 });
  fc.assert(
    fc.property(list, list, (a, b) => {
      const matches = matchesOf(a, b);
      for (const [at, [inA, inB]] of matches.entries()) {
        expect(a[inA]).toBe(b[inB]);
        const next = matches[at + 1];
        if (next !== undefined) expect(next[0] > inA && next[1] > inB).toBe(true);
      }
      expect(matches).toHaveLength(longest(a, b));
    }),
    { numRuns: 1000 },
  );
});

const numbers = (from: number): readonly string[] =>
  Array.from({ length: 5000 }, (_, at) => String(from + at));

test("lists with next to nothing in common still match at their ends, quickly", () => {
  const matches = matchesOf(["start", ...numbers(0), "end"], ["start", ...numbers(9000), "end"]);
  expect(matches).toEqual([
    [0, 0],
    [5001, 5001],
  ]);
});
