import fc from "fast-check";
import { expect, test } from "vitest";
import {
  around,
  componentsOf,
  criticalPath,
  openPart,
  type DagSpecs,
  reach,
  restrictedTo,
  workEdges,
} from "./dag.ts";
import { treeRows } from "./dag-tree.ts";
import { edgesOf, findCycles, orderOf } from "./graph.ts";
import { membersByDriver } from "./group.ts";
import type { SpecId } from "./id.ts";
import { widthOf } from "./width.ts";

type Drawn = { readonly [id: string]: readonly string[] };

const openSpecs = (drawn: Drawn): DagSpecs =>
  new Map(Object.entries(drawn).map(([id, dependsOn]) => [id, { dependsOn, isOpen: true }]));

const edges = (drawn: Drawn): ReturnType<typeof edgesOf> => edgesOf(openSpecs(drawn));

/** Rows as a person would draw them. */
const drawn = (specs: Drawn): readonly string[] =>
  treeRows(edges(specs)).map(({ id, rails, joint, elsewhere }) => {
    const lead = { root: "", branch: "├ ", last: "└ ", chain: "↓ " }[joint];
    const more = elsewhere === undefined ? "" : ` (${elsewhere})`;
    return `${rails.map((goesOn) => (goesOn ? "│ " : "  ")).join("")}${lead}${id}${more}`;
  });

test("the longest chain counts specs, not drivers, and goes through a driver's members", () => {
  expect(criticalPath(openSpecs({ a: [], b: ["a"], c: ["b"], d: ["a"] }))).toEqual(["a", "b", "c"]);
  expect(criticalPath(openSpecs({ a: [], "a.1": [], "a.2": ["a.1"], b: ["a"], c: [] }))).toEqual([
    "a.1",
    "a.2",
    "b",
  ]);
  expect(criticalPath(new Map())).toEqual([]);
});

test("what is completed or cancelled holds nothing back, and what a driver itself depends on neither", () => {
  const specs = new Map([
    ...openSpecs({ a: [], b: ["a"], c: ["b"] }),
    ["b", { dependsOn: ["a"], isOpen: false }],
  ]);
  expect(criticalPath(specs)).toEqual(["a"]);
  expect(criticalPath(openSpecs({ x: [], a: ["x"], "a.1": [] }))).toHaveLength(1);
});

test("what is in a cycle, or behind one, is in no chain and never runs", () => {
  const specs = openSpecs({ a: ["b"], b: ["a"], c: ["a"], d: [], e: ["d"] });
  expect(criticalPath(specs)).toEqual(["d", "e"]);
  expect(widthOf(specs)).toEqual({ specs: 1, isExact: true });
  expect(findCycles(specs)).toEqual([["a", "b"]]);
});

test("the width is the most that never wait for each other, whatever the levels say", () => {
  // By levels it would be 2: a and b, then c, then d.
  expect(widthOf(openSpecs({ a: [], b: [], c: ["a"], d: ["c"], e: [] })).specs).toBe(3);
  expect(widthOf(openSpecs({ a: [], "a.1": [], "a.2": [], "a.3": ["a.1", "a.2"] })).specs).toBe(2);
});

test("thousands that hang together get a bound from below, in little time", () => {
  const many = Object.fromEntries(
    Array.from({ length: 2500 }, (_, at) => [`m${at}`, at === 0 ? [] : ["m0"]]),
  );
  expect(widthOf(openSpecs(many))).toEqual({ specs: 2499, isExact: false });
  const alone = Object.fromEntries(Array.from({ length: 2500 }, (_, at) => [`m${at}`, []]));
  expect(widthOf(openSpecs(alone))).toEqual({ specs: 2500, isExact: true });
});

test("a tree has chains in one column, members below their driver, and each spec once", () => {
  expect(
    drawn({ a: [], b: ["a"], c: ["b"], d: ["c", "e"], e: ["a"], "f.1": [], "f.2": ["f.1"], f: [], x: [] }),
  ).toEqual([
    "d",
    "├ c",
    "│ ↓ b",
    "│ ↓ a",
    "└ e",
    "  ↓ a (above)",
    "f",
    "├ f.1",
    "└ f.2",
    "  ↓ f.1 (above)",
    "x",
  ]);
});

test("a cycle is drawn from its smallest spec, and comes to an end", () => {
  expect(drawn({ a: ["b"], b: ["c"], c: ["a"], d: ["a"], e: ["e"] })).toEqual([
    "d",
    "↓ a",
    "↓ b",
    "↓ c",
    "↓ a (above)",
    "e",
    "↓ e (above)",
  ]);
});

test("what would be too deep begins anew at the left", () => {
  const ladder = Object.fromEntries(
    Array.from({ length: 30 }, (_, at) => [`n${100 + at}`, at < 2 ? [] : [`n${99 + at}`, `n${98 + at}`]]),
  );
  const rows = treeRows(edges(ladder));
  expect(rows.some(({ elsewhere }) => elsewhere === "below")).toBe(true);
  expect(rows.filter(({ elsewhere }) => elsewhere === undefined)).toHaveLength(30);
});

test("of what is over only what something open waits for is drawn, and nothing below it", () => {
  const all = edges({ a: [], b: ["a"], c: ["b"], d: [] });
  expect([...openPart(all, (id) => id === "c")]).toEqual([
    ["c", new Set(["b"])],
    ["b", new Set()],
  ]);
});

const anyGraph = fc
  .tuple(
    fc.uniqueArray(fc.stringMatching(/^[abc][1-3]?(\.(1|2|10)){0,3}$/), { minLength: 1, maxLength: 12 }),
    fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 }),
    fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
  )
  .map(([ids, pairs, open]): DagSpecs => {
    const at = (index: number): SpecId => ids[index % ids.length] ?? "";
    return new Map(
      ids.map((id, number) => [
        id,
        {
          dependsOn: pairs.filter(([from]) => at(from) === id).map(([, to]) => at(to)),
          isOpen: open[number] !== false,
        },
      ]),
    );
  });

/** Who waits for whom among those that can ever be worked, directly or not. */
function worked(specs: DagSpecs): {
  readonly ids: readonly SpecId[];
  readonly waitsFor: (a: SpecId, b: SpecId) => boolean;
} {
  const found = workEdges(specs);
  const drivers = membersByDriver(found.keys());
  const below = new Map(
    orderOf(found).map((id) => [id, reach(found.get(id) ?? [], (each) => found.get(each) ?? [])]),
  );
  return {
    ids: [...below.keys()].filter((id) => !drivers.has(id)),
    waitsFor: (a, b) => below.get(a)?.has(b) === true,
  };
}

/** The size of the largest set of which every two are as asked, by trying all. */
function largest(ids: readonly SpecId[], fits: (a: SpecId, b: SpecId) => boolean): number {
  const [first, ...rest] = ids;
  if (first === undefined) return 0;
  const withFirst =
    1 +
    largest(
      rest.filter((id) => fits(first, id)),
      fits,
    );
  return Math.max(withFirst, largest(rest, fits));
}

test("law: path and width are what trying all sets finds", () => {
  fc.assert(
    fc.property(anyGraph, (specs) => {
      const { ids, waitsFor } = worked(specs);
      const path = criticalPath(specs);
      expect(path.length).toBe(largest(ids, (a, b) => waitsFor(a, b) || waitsFor(b, a)));
      for (const [at, id] of path.entries()) {
        expect(path.slice(0, at).every((before) => waitsFor(id, before))).toBe(true);
      }
      expect(widthOf(specs)).toEqual({
        specs: largest(ids, (a, b) => !waitsFor(a, b) && !waitsFor(b, a)),
        isExact: true,
      });
    }),
    { numRuns: 300 },
  );
});

test("law: a tree has each spec once, each edge once, no row far to the right, and says truly where the rest is", () => {
  fc.assert(
    fc.property(anyGraph, (specs) => {
      const found = edgesOf(specs);
      const rows = treeRows(found);
      const own = rows.filter(({ elsewhere }) => elsewhere === undefined).map(({ id }) => id);
      expect(own.toSorted()).toEqual([...found.keys()].toSorted());
      const roots = rows.filter(({ joint }) => joint === "root").length;
      const count = [...found.values()].reduce((sum, needs) => sum + needs.size, 0);
      expect(rows.length - roots).toBe(count);
      for (const [at, { id, elsewhere, rails }] of rows.entries()) {
        expect(rails.length).toBeLessThanOrEqual(11);
        const place = rows.findIndex((row) => row.id === id && row.elsewhere === undefined);
        if (elsewhere === "above") expect(place).toBeLessThan(at);
        if (elsewhere === "below") expect(place).toBeGreaterThan(at);
      }
    }),
    { numRuns: 300 },
  );
});

test("law: leaving specs out keeps who waits for whom, and what is around a spec is what reaches it", () => {
  fc.assert(
    fc.property(anyGraph, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (specs, keeps) => {
      const found = edgesOf(specs);
      const ids = [...found.keys()];
      const below = (map: typeof found, id: SpecId): ReadonlySet<SpecId> =>
        reach(map.get(id) ?? [], (each) => map.get(each) ?? []);
      const kept = new Set(ids.filter((_, at) => keeps[at]));
      const fewer = restrictedTo(kept, found);
      for (const id of kept) {
        expect(below(fewer, id)).toEqual(new Set([...below(found, id)].filter((each) => kept.has(each))));
      }
      const [id = ""] = ids;
      const near = around(id, found);
      expect(near).toEqual(
        new Set([id, ...below(found, id), ...ids.filter((each) => below(found, each).has(id))]),
      );
      expect(
        componentsOf(found).some((component) => [...near].every((each) => component.includes(each))),
      ).toBe(true);
    }),
    { numRuns: 200 },
  );
});
