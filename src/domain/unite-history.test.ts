import fc from "fast-check";
import { expect, test } from "vitest";
import type { SpecHappening } from "./history.ts";
import { uniteHistory } from "./unite-history.ts";

const happening = fc.record({
  atMs: fc.integer({ min: 0, max: 3_600_000 }),
  kind: fc.constantFrom("started", "failed", "landed", "retry"),
  id: fc.constantFrom("a", "b"),
});
const some: fc.Arbitrary<SpecHappening[]> = fc.array(happening, { maxLength: 12 });
const key = ({ kind, id }: SpecHappening): string => `${kind} ${id}`;

test("nothing is lost, and what both tell is there once", () => {
  fc.assert(
    fc.property(some, some, (git, journal) => {
      const united = uniteHistory(git, journal);
      for (const one of [...git, ...journal].map(key)) {
        const count = (list: readonly SpecHappening[]): number => list.filter((x) => key(x) === one).length;
        expect(count(united)).toBeGreaterThanOrEqual(Math.max(count(git), count(journal)));
        expect(count(united)).toBeLessThanOrEqual(count(git) + count(journal));
      }
      const seconds = united.map(({ atMs }) => Math.floor(atMs / 1000));
      expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
    }),
  );
});

test("a journal that tells just what git does adds no line, however little later", () => {
  fc.assert(
    fc.property(some, fc.integer({ min: 0, max: 5_000 }), (git, laterMs) => {
      const journal = git.map((each) => ({ ...each, atMs: each.atMs + laterMs, agent: "x" }));
      expect(uniteHistory(git, journal)).toHaveLength(git.length);
    }),
  );
});

test("of one run's landing both tell, whatever their times; git says who and when", () => {
  const git: SpecHappening = { atMs: 5_000, kind: "landed", id: "a", run: "r", by: "Ada", commit: "f" };
  const late: SpecHappening = {
    atMs: 99_000_000,
    kind: "landed",
    id: "a",
    run: "r",
    commit: "m",
    text: "on main",
  };
  expect(uniteHistory([git], [late])).toEqual([{ ...git, text: "on main" }]);
  expect(uniteHistory([git], [{ ...late, atMs: 5_000, run: "other" }])).toHaveLength(2);
});
