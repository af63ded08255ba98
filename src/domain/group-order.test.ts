import fc from "fast-check";
import { expect, test } from "vitest";
import type { DependencyState } from "./graph.ts";
import { findCycle } from "./graph.ts";
import { completedDrivers, membersByDriver } from "./group.ts";
import { isMemberOf, type SpecId } from "./id.ts";
import { selectStarts, whyNotReady } from "./ready.ts";
import { isBroken, parseSpec, type Spec } from "./spec.ts";
import type { Status } from "./status.ts";

/*
 * The rules by which `work` starts and completes, played over made-up forests: what is ready starts while a slot is
 * free, whatever runs may land next, and each landing completes the drivers that it completes.
 */

interface Played {
  /** In the order of their landings; a driver right behind its last member. */
  readonly landed: readonly SpecId[];
  readonly started: readonly SpecId[];
  readonly mostAtOnce: number;
  readonly statuses: ReadonlyMap<SpecId, Status>;
}

function play(
  specs: ReadonlyMap<SpecId, Spec>,
  slots: number,
  pick: (count: number) => number,
  fails: (id: SpecId) => boolean = () => false,
): Played {
  const statuses = new Map<SpecId, Status>([...specs].map(([id]) => [id, "pending"]));
  const members = membersByDriver(specs.keys());
  const stateOf = (id: SpecId): DependencyState => {
    const status = statuses.get(id);
    return status === undefined ? "missing" : status === "completed" ? "completed" : "open";
  };
  const isReady = (spec: Spec): boolean => {
    const all = members.get(spec.id) ?? [];
    const open = all.filter((id) => stateOf(id) === "open").length;
    const status = statuses.get(spec.id) ?? "pending";
    return whyNotReady({ ...spec, status }, { stateOf, members: { all: all.length, open } }) === undefined;
  };
  const landed: SpecId[] = [];
  const started: SpecId[] = [];
  const running: SpecId[] = [];
  let mostAtOnce = 0;
  for (;;) {
    const candidates = [...specs.values()].filter(isReady);
    for (const id of selectStarts({ candidates, running: running.length, slots })) {
      statuses.set(id, "in_progress");
      running.push(id);
      started.push(id);
    }
    mostAtOnce = Math.max(mostAtOnce, running.length);
    if (running.length === 0) return { landed, started, mostAtOnce, statuses };
    const [ended = ""] = running.splice(pick(running.length), 1);
    if (fails(ended)) {
      statuses.set(ended, "failed");
      continue;
    }
    statuses.set(ended, "completed");
    landed.push(ended);
    for (const driver of completedDrivers([ended], (id) => statuses.get(id), specs.keys())) {
      statuses.set(driver, "completed");
      landed.push(driver);
    }
  }
}

const specOf = (id: SpecId, dependsOn: readonly SpecId[]): Spec => {
  const spec = parseSpec(id, "---\ntype: code\nstatus: pending\n---\n\n# T\n");
  if (isBroken(spec)) throw new Error(spec.message);
  return { ...spec, dependsOn };
};

/** Groups and lone specs, nested to depth 6, where any may depend on any; what closes a circle is left out. */
const forest = fc
  .tuple(
    fc.uniqueArray(fc.stringMatching(/^[abc](\.(1|2|10)){0,6}$/), { minLength: 1, maxLength: 25 }),
    fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 30 }),
  )
  .map(([ids, pairs]) => {
    const needs = new Map<SpecId, readonly SpecId[]>(ids.map((id) => [id, []]));
    for (const [from, to] of pairs) {
      const id = ids[from % ids.length] ?? "";
      const before = needs.get(id) ?? [];
      needs.set(id, [...before, ids[to % ids.length] ?? ""]);
      const graph = new Map([...needs].map(([each, dependsOn]) => [each, { dependsOn }]));
      if (findCycle(graph) !== undefined) needs.set(id, before);
    }
    return new Map(ids.map((id) => [id, specOf(id, needs.get(id) ?? [])]));
  });

function picker(seed: number): (count: number) => number {
  let state = seed;
  return (count) => (state = (state * 48_271 + 11) % 2_147_483_647) % count;
}

test("law: every order respects the dependencies, all is completed, and a driver right behind its last member", () => {
  fc.assert(
    fc.property(forest, fc.integer({ min: 1, max: 5 }), fc.nat(), (specs, slots, seed) => {
      const { landed, started, mostAtOnce } = play(specs, slots, picker(seed));
      expect(mostAtOnce).toBeLessThanOrEqual(slots);
      expect(landed.toSorted()).toEqual([...specs.keys()].toSorted());
      const drivers = [...specs.keys()].filter((id) =>
        [...specs.keys()].some((each) => isMemberOf(each, id)),
      );
      expect(started.filter((id) => drivers.includes(id))).toEqual([]);
      for (const [at, id] of landed.entries()) {
        const before = landed.slice(0, at);
        // A driver is not worked, so what it depends on holds nothing up, and members inherit none of it.
        const isDriver = drivers.includes(id);
        const needs = isDriver ? [] : (specs.get(id)?.dependsOn ?? []);
        expect(before).toEqual(expect.arrayContaining([...needs]));
        const members = landed.filter((each) => isMemberOf(each, id));
        expect(members.every((member) => before.includes(member))).toBe(true);
        // Nothing but drivers of the same landing is between a driver and the last of its members.
        const last = Math.max(...members.map((member) => landed.indexOf(member)));
        const between = isDriver ? landed.slice(last + 1, at) : [];
        expect(between.filter((each) => !drivers.includes(each))).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});

test("law: a failure holds back what depends on it, directly or not, and nothing else", () => {
  fc.assert(
    fc.property(forest, fc.integer({ min: 1, max: 5 }), fc.nat(), fc.nat(), (specs, slots, seed, which) => {
      const ids = [...specs.keys()];
      const isDriver = (id: SpecId): boolean => ids.some((each) => isMemberOf(each, id));
      const workable = ids.filter((id) => !isDriver(id));
      const bad = workable[which % workable.length] ?? "";
      const { statuses } = play(specs, slots, picker(seed), (id) => id === bad);
      // What is held back: the failed one, whoever waits for something held back, and the drivers above any of them.
      const held = new Set([bad]);
      for (let size = 0; size !== held.size;) {
        size = held.size;
        for (const id of ids) {
          const waits = isDriver(id)
            ? ids.some((each) => isMemberOf(each, id) && held.has(each))
            : (specs.get(id)?.dependsOn ?? []).some((each) => held.has(each));
          if (waits) held.add(id);
        }
      }
      expect(ids.filter((id) => statuses.get(id) !== "completed").toSorted()).toEqual([...held].toSorted());
    }),
    { numRuns: 300 },
  );
});

test("300 members with 8 slots are never more than 8 at once, and all land", () => {
  const ids = ["a", ...Array.from({ length: 300 }, (_, at) => `a.${at + 1}`)];
  const specs = new Map(
    ids.map((id, at) => [id, specOf(id, at > 20 && at % 7 === 0 ? [`a.${at - 9}`] : [])]),
  );
  const { landed, started, mostAtOnce } = play(specs, 8, picker(5));
  expect({ landed: landed.length, last: landed.at(-1), mostAtOnce }).toEqual({
    landed: 301,
    last: "a",
    mostAtOnce: 8,
  });
  expect(started.slice(0, 10)).toEqual(ids.slice(1, 11));
});
