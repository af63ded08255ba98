import fc from "fast-check";
import { expect, test } from "vitest";
import {
  dependentsOf,
  findCycle,
  readiness,
  topologicalOrder,
  unmetDependencies,
  waitsForText,
} from "./graph.ts";
import type { DependencyState } from "./graph.ts";

type Edges = { readonly [id: string]: readonly string[] };

const specsOf = (edges: Edges): Map<string, { readonly id: string; readonly dependsOn: readonly string[] }> =>
  new Map(Object.entries(edges).map(([id, dependsOn]) => [id, { id, dependsOn }]));

test("a dependency is met when it is completed or archived, and says why when it is not", () => {
  const states: { readonly [id: string]: DependencyState } = {
    a: "completed",
    b: "archived",
    c: "open",
    d: "cancelled",
  };
  const stateOf = (id: string): DependencyState => states[id] ?? "missing";
  expect(unmetDependencies({ id: "x", dependsOn: ["a", "b"] }, stateOf)).toEqual([]);
  const unmet = unmetDependencies({ id: "x", dependsOn: ["c", "a", "d", "e", "c", "x"] }, stateOf);
  expect(unmet).toEqual([
    { id: "c", why: "is not completed yet" },
    { id: "d", why: "is cancelled" },
    { id: "e", why: "does not exist" },
    { id: "x", why: "is the spec itself" },
  ]);
  expect(waitsForText(unmet)).toBe("waits for c, which is not completed yet, and 3 more specs");
  expect([...readiness(specsOf({ x: ["a"], y: ["c"] }), stateOf)]).toEqual([
    ["x", { ready: true }],
    ["y", { ready: false, waitsFor: [{ id: "c", why: "is not completed yet" }] }],
  ]);
});

test("orders by dependency, then by id", () => {
  expect(topologicalOrder(specsOf({ c: [], "a.10": ["c"], "a.9": ["c", "gone"], b: ["a.10"] }))).toEqual([
    "c",
    "a.9",
    "a.10",
    "b",
  ]);
  expect(topologicalOrder(specsOf({ a: ["b"], b: ["a"], c: ["a"], d: [] }))).toEqual(["d"]);
});

test("finds a cycle, also one behind other specs and one of a single spec", () => {
  expect(findCycle(specsOf({ a: ["b"], b: [] }))).toBeUndefined();
  expect(findCycle(specsOf({ a: ["a"] }))).toEqual(["a"]);
  expect(findCycle(specsOf({ x: ["a"], a: ["y", "b"], b: ["c"], c: ["a"], y: [] }))).toEqual(["a", "b", "c"]);
});

test("a driver waits for its members, so a member that depends on its driver is a cycle", () => {
  expect(findCycle(specsOf({ a: [], "a.1": ["a"] }))).toEqual(["a", "a.1"]);
  expect(findCycle(specsOf({ a: [], "a.1.1": ["b"], b: ["a"] }))).toEqual(["a", "a.1.1", "b"]);
  expect(topologicalOrder(specsOf({ a: [], "a.1": ["a.2"], "a.2": [], b: ["a"] }))).toEqual([
    "a.2",
    "a.1",
    "a",
    "b",
  ]);
});

test("dependents go through others", () => {
  const specs = specsOf({ a: [], b: ["a", "a"], c: ["b"], d: ["a"], e: [] });
  expect(dependentsOf("a", specs)).toEqual(["b", "c", "d"]);
  expect(dependentsOf("e", specs)).toEqual([]);
  expect(dependentsOf("a", specsOf({ a: ["b"], b: ["a"] }))).toEqual(["a", "b"]);
});

test("a chain of 100,000 specs, and a star, are no trouble", () => {
  const chain = new Map(
    Array.from({ length: 100_000 }, (_, at) => [`s${at}`, { dependsOn: at === 0 ? [] : [`s${at - 1}`] }]),
  );
  expect(findCycle(chain)).toBeUndefined();
  expect(topologicalOrder(chain)).toHaveLength(100_000);
  expect(dependentsOf("s0", chain)).toHaveLength(99_999);
  chain.set("s0", { dependsOn: ["s99999"] });
  expect(findCycle(chain)).toHaveLength(100_000);
  const star = new Map(
    Array.from({ length: 50_000 }, (_, at) => [`s${at}`, { dependsOn: at === 0 ? [] : ["s0"] }]),
  );
  expect(topologicalOrder(star)).toHaveLength(50_000);
});

const anyGraph = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 8 })), { maxLength: 14 })
  .map((pairs) => {
    const edges = Object.fromEntries(
      Array.from({ length: 8 }, (_, at): [string, string[]] => [`s${at}`, []]),
    );
    for (const [from, to] of pairs) edges[`s${from}`]?.push(`s${to}`);
    return specsOf(edges);
  });

test("law: either the order holds every spec, each after what it needs, or there is a cycle that is one", () => {
  fc.assert(
    fc.property(anyGraph, (specs) => {
      const order = topologicalOrder(specs);
      const cycle = findCycle(specs);
      expect(order.length === specs.size).toBe(cycle === undefined);
      for (const [at, id] of order.entries()) {
        const needed = (specs.get(id)?.dependsOn ?? []).filter((dependency) => specs.has(dependency));
        expect(order.slice(0, at)).toEqual(expect.arrayContaining(needed));
      }
      for (const [at, id] of (cycle ?? []).entries()) {
        expect(specs.get(id)?.dependsOn).toContain(cycle?.[(at + 1) % cycle.length]);
      }
    }),
    { numRuns: 500 },
  );
});
