import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseIgnored, type Ignored, ignoredWords } from "./ignored.ts";

const of = (path: string, bytes: number, rest: Partial<Ignored> = {}): Ignored => ({
  path,
  bytes,
  files: [path],
  ...rest,
});
const names = (all: readonly Ignored[]): readonly string[] => all.map(({ path }) => path);

test("the smallest come first, and what does not fit is left out as a whole", () => {
  const found = [of("big/", 90), of(".env", 5), of("notes", 20), of("other", 80)];
  const { kept, left } = chooseIgnored(found, 100);
  expect(names(kept)).toEqual([".env", "notes"]);
  expect(names(left)).toEqual(["other", "big/"]);
  expect(ignoredWords(left)).toBe("big/ (90 B), other (80 B)");
});

test("what is larger than was counted, or cannot be kept, is left out and says why", () => {
  const found = [of("deps/", 10, { isMore: true }), of("clone/", 1, { obstacle: "a repository of its own" })];
  const { kept, left } = chooseIgnored(found, 100);
  expect(kept).toEqual([]);
  expect(ignoredWords(left)).toBe("deps/ (more than 10 B), clone/ (a repository of its own)");
});

test("the limit holds, nothing is lost on the way, and 0 takes nothing", () => {
  const items = fc.array(fc.nat(50).map((bytes) => of(`f${bytes}`, bytes)));
  fc.assert(
    fc.property(items, fc.nat(200), (found, limit) => {
      const { kept, left } = chooseIgnored(found, limit);
      expect(kept.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(limit);
      expect(kept.length + left.length).toBe(found.length);
      if (limit === 0) expect(kept).toEqual([]);
    }),
  );
});

test("many are counted", () => {
  const found = Array.from({ length: 7 }, (_, n) => of(`f${n}`, n));
  expect(ignoredWords(found)).toContain(", and 2 more");
});
