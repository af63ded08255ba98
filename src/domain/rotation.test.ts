import fc from "fast-check";
import { expect, test } from "vitest";
import { agentOfLabels, chooseAgent, type Contender, type Rotation, ROTATIONS } from "./rotation.ts";

const contender = (name: string, more: Partial<Contender> = {}): Contender => ({
  name,
  weight: 1,
  running: 0,
  given: 0,
  isLimited: false,
  ...more,
});

const contenders = fc
  .array(
    fc.record({
      weight: fc.integer({ min: 1, max: 5 }),
      maxConcurrent: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      running: fc.nat(5),
      given: fc.nat(20),
      isLimited: fc.boolean(),
    }),
    { maxLength: 6 },
  )
  .map((all): readonly Contender[] => all.map((each, at) => ({ name: `a${at}`, ...each })));
const rotations = fc.constantFrom(...ROTATIONS);
const randoms = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

test("law: who is chosen can, and somebody is chosen where one can", () => {
  fc.assert(
    fc.property(rotations, contenders, randoms, (rotation, all, random) => {
      const chosen = chooseAgent(rotation, all, random);
      expect(chooseAgent(rotation, all, random)).toEqual(chosen);
      const able = all.filter((each) => !each.isLimited && each.running < (each.maxConcurrent ?? Infinity));
      if (typeof chosen === "string") {
        expect(able).toEqual([]);
        expect(chosen).toBe(all.every(({ isLimited }) => isLimited) ? "limited" : "busy");
      } else expect(able.map(({ name }) => name)).toContain(chosen.name);
    }),
  );
});

/** Gives `count` specs away, each at once done with. */
function giveAway(rotation: Rotation, all: readonly Contender[], count: number): readonly string[] {
  const given = new Map<string, number>();
  return Array.from({ length: count }, () => {
    const now = all.map((each) => ({ ...each, given: given.get(each.name) ?? 0 }));
    const chosen = chooseAgent(rotation, now, 0);
    if (typeof chosen === "string") return chosen;
    given.set(chosen.name, (given.get(chosen.name) ?? 0) + 1);
    return chosen.name;
  });
}

test("round robin takes turns by weight", () => {
  const all = [contender("a", { weight: 2 }), contender("b")];
  expect(giveAway("round_robin", all, 6)).toEqual(["a", "a", "b", "a", "a", "b"]);
  expect(giveAway("round_robin", [contender("a"), contender("b"), contender("c")], 4)).toEqual([
    "a",
    "b",
    "c",
    "a",
  ]);
});

test("law of round robin: after any number of specs nobody is more than one behind its share", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(weights, fc.integer({ min: 1, max: 60 }), (all, count) => {
      const total = all.reduce((sum, weight) => sum + weight, 0);
      const names = giveAway(
        "round_robin",
        all.map((weight, at) => contender(`a${at}`, { weight })),
        count,
      );
      for (const [at, weight] of all.entries()) {
        const got = names.filter((name) => name === `a${at}`).length;
        expect(got).toBeGreaterThan((count * weight) / total - 1 - 1e-9);
      }
    }),
  );
});

test("without rotation the first works, and each is the fallback of those before it", () => {
  const all = [
    contender("a", { isLimited: true }),
    contender("b", { running: 1, maxConcurrent: 1 }),
    contender("c"),
  ];
  expect(chooseAgent("none", all, 0)).toMatchObject({ name: "c" });
  expect(chooseAgent("none", all.slice(0, 2), 0)).toBe("busy");
  expect(chooseAgent("none", all.slice(0, 1), 0)).toBe("limited");
});

test("the least busy one is the one with the fewest specs for its weight", () => {
  const all = [contender("a", { running: 2, weight: 4 }), contender("b", { running: 1 })];
  expect(chooseAgent("least_busy", all, 0)).toMatchObject({ name: "a" });
});

test("random goes by weight", () => {
  const all = [contender("a", { weight: 3 }), contender("b")];
  expect([0, 0.74, 0.76, 0.99].map((random) => chooseAgent("random", all, random))).toMatchObject(
    ["a", "a", "b", "b"].map((name) => ({ name })),
  );
});

test("a label names the agent", () => {
  expect(agentOfLabels(["ui", "agent:codex", "agent:claude"])).toBe("codex");
  expect(agentOfLabels(["agents", "agent:"])).toBeUndefined();
});
