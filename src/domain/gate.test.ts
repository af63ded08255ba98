import fc from "fast-check";
import { expect, test } from "vitest";
import { type GateHistory, gateStep, mustLetPass, RACES, triedAgain, type Tried } from "./gate.ts";

/** Sets of runs of which each spoils every tree that has all of it. */
type Spoilers = readonly (readonly number[])[];

const spoils = (spoilers: Spoilers, merged: readonly number[]): boolean =>
  spoilers.some((set) => set.every((run) => merged.includes(run)));

/** Carries runs to their end as a coordinator does, on a target where `spoilers` make the gates fail. */
function carry(
  runs: number,
  spoilers: Spoilers,
): {
  readonly landed: readonly number[];
  readonly guilty: readonly number[];
  readonly tests: readonly string[];
  readonly reds: readonly boolean[];
} {
  let waiting = Array.from({ length: runs }, (_, run) => run);
  const landed: number[] = [];
  const guilty: number[] = [];
  const known = new Map<string, Tried>();
  const tests: string[] = [];
  const reds: boolean[] = [];
  while (waiting.length > 0) {
    const treeWith = (count: number): readonly number[] => [...landed, ...waiting.slice(0, count)];
    const keyOf = (count: number): string =>
      treeWith(count)
        .toSorted((a, b) => a - b)
        .join(" ");
    const step = gateStep(waiting.length, (count) => known.get(keyOf(count)) ?? "unknown");
    if (step.kind === "test") {
      const key = keyOf(step.count);
      tests.push(key);
      known.set(key, spoils(spoilers, treeWith(step.count)) ? "red" : "green");
    } else if (step.kind === "land") {
      landed.push(...waiting.slice(0, step.count));
      waiting = waiting.slice(step.count);
      reds.push(spoils(spoilers, landed));
    } else if (step.kind === "guilty") {
      guilty.push(...waiting.slice(0, 1));
      waiting = waiting.slice(1);
    } else {
      throw new Error("the target was green");
    }
  }
  return { landed, guilty, tests, reds };
}

const histories = fc.integer({ min: 1, max: 12 }).chain((runs) =>
  fc.tuple(
    fc.constant(runs),
    fc.array(fc.uniqueArray(fc.integer({ min: 0, max: runs - 1 }), { minLength: 1, maxLength: 3 }), {
      maxLength: 4,
    }),
  ),
);

test("law: only what passes lands, and each run that is held back spoils what the others are", () => {
  fc.assert(
    fc.property(histories, ([runs, spoilers]) => {
      const { landed, guilty, tests, reds } = carry(runs, spoilers);
      expect([...landed, ...guilty].toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: runs }, (_, run) => run),
      );
      expect(reds.some(Boolean)).toBe(false);
      for (const run of guilty) expect(spoils(spoilers, [...landed, run])).toBe(true);
      expect(new Set(tests).size, "no tree is tried twice").toBe(tests.length);
      const innocent = landed.concat(guilty).filter((run) => !spoilers.some((set) => set.includes(run)));
      expect(innocent.every((run) => landed.includes(run))).toBe(true);
    }),
  );
});

test("law: one guilty of n is found with about log n runs of the gates", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), fc.nat(), (runs, draw) => {
      const { guilty, tests } = carry(runs, [[draw % runs]]);
      expect(guilty).toEqual([draw % runs]);
      expect(tests.length).toBeLessThanOrEqual(Math.ceil(Math.log2(runs)) + 4);
    }),
  );
});

test("without a fault the gates run once for all", () => {
  expect(carry(8, []).tests).toEqual(["0 1 2 3 4 5 6 7"]);
});

test("of two that are green alone and red together the later one is held back", () => {
  expect(carry(2, [[0, 1]])).toMatchObject({ landed: [0], guilty: [1] });
});

const known =
  (trees: readonly Tried[]) =>
  (count: number): Tried =>
    trees[count] ?? "unknown";

test("on a target that is red itself nobody is blamed, and who mends it lands", () => {
  expect(gateStep(1, known(["unknown", "red"]))).toEqual({ kind: "test", count: 0 });
  expect(gateStep(1, known(["red", "red"]))).toEqual({ kind: "red_target" });
  expect(gateStep(1, known(["red", "green"]))).toEqual({ kind: "land", count: 1 });
});

test("a race is lost when what passed has to be tried again on other files", () => {
  let history: GateHistory = { races: 0 };
  history = triedAgain(history, "a");
  expect(history.races).toBe(0);
  for (const tree of ["b", "c", "d"]) history = triedAgain({ ...history, passed: "a" }, tree);
  expect(history).toEqual({ races: RACES });
  expect(triedAgain({ races: 1, passed: "a" }, "a").races).toBe(1);
});

test("the others wait for who has lost too many races, and for nobody else", () => {
  expect(mustLetPass(undefined, "x")).toBe(false);
  expect(mustLetPass({ runs: ["a"], races: RACES - 1 }, "x")).toBe(false);
  expect(mustLetPass({ runs: ["a"], races: RACES }, "x")).toBe(true);
  expect(mustLetPass({ runs: ["a"], races: RACES }, "a")).toBe(false);
});
