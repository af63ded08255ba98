import { componentsOf, type DagSpecs, workEdges } from "./dag.ts";
import { type Edges, orderOf } from "./graph.ts";
import { membersByDriver } from "./group.ts";
import type { SpecId } from "./id.ts";

/** The most specs that could be worked at the same time, however long each takes. */
export interface Width {
  readonly specs: number;
  /** False where so many hang together that only a bound from below is computed. */
  readonly isExact: boolean;
}

/** Up to so many specs that hang together are computed exactly: beyond, it would take seconds. */
const EXACT_LIMIT = 1000;

/**
 * Returns how wide the work is: the most open specs of which none waits for another, directly or not. Drivers do not
 * count, nor does what is in a cycle or behind one.
 */
export function widthOf(specs: DagSpecs): Width {
  const edges = workEdges(specs);
  const order = orderOf(edges);
  const drivers = membersByDriver(edges.keys());
  const position = new Map(order.map((id, at) => [id, at]));
  let total = 0;
  let isExact = true;
  for (const component of componentsOf(edges)) {
    const ids = component
      .filter((id) => position.has(id))
      .toSorted((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0));
    const counts = (id: SpecId): boolean => !drivers.has(id);
    if (ids.length <= EXACT_LIMIT) {
      total += largestAntichain(ids, edges, counts);
    } else {
      total += widestLevel(ids, edges, counts);
      isExact = false;
    }
  }
  return { specs: total, isExact };
}

/**
 * Dilworth: as many as it takes chains to cover all, and that is their number less the most pairs "before, after" in
 * which each is once at most on either side.
 */
function largestAntichain(order: readonly SpecId[], edges: Edges, counts: (id: SpecId) => boolean): number {
  const worked = order.filter(counts);
  if (worked.length < 2) return worked.length;
  const number = new Map(worked.map((id, at) => [id, at]));
  const earlier = new Map<SpecId, ReadonlySet<number>>();
  for (const id of order) {
    const all = new Set<number>();
    for (const needed of edges.get(id) ?? []) {
      for (const at of earlier.get(needed) ?? []) all.add(at);
      const own = number.get(needed);
      if (own !== undefined) all.add(own);
    }
    earlier.set(id, all);
  }
  // The latest first: it is free most of the time.
  return (
    worked.length - mostPairs(worked.map((id) => [...(earlier.get(id) ?? [])].toSorted((a, b) => b - a)))
  );
}

/** Returns the size of a largest matching, by augmenting paths, without recursion. */
function mostPairs(candidates: readonly (readonly number[])[]): number {
  const takenBy = new Map<number, number>();
  let pairs = 0;
  for (const start of candidates.keys()) if (augment(start, candidates, takenBy)) pairs += 1;
  return pairs;
}

function augment(
  start: number,
  candidates: readonly (readonly number[])[],
  takenBy: Map<number, number>,
): boolean {
  // Which left side asked for a right one: the way back when a free one is found.
  const askedBy = new Map<number, number>();
  const rightOf = new Map<number, number>();
  const open = [start];
  for (let left = open.shift(); left !== undefined; left = open.shift()) {
    for (const right of candidates[left] ?? []) {
      if (askedBy.has(right)) continue;
      askedBy.set(right, left);
      const holder = takenBy.get(right);
      if (holder === undefined) {
        flip(right, askedBy, rightOf, takenBy);
        return true;
      }
      rightOf.set(holder, right);
      open.push(holder);
    }
  }
  return false;
}

/** Gives each right side on the way back to the one who asked for it. */
function flip(
  end: number,
  askedBy: ReadonlyMap<number, number>,
  rightOf: ReadonlyMap<number, number>,
  takenBy: Map<number, number>,
): void {
  for (let right: number | undefined = end; right !== undefined;) {
    const left = askedBy.get(right);
    if (left === undefined) return;
    takenBy.set(right, left);
    right = rightOf.get(left);
  }
}

/** Specs with equally many before them wait for none of each other. */
function widestLevel(order: readonly SpecId[], edges: Edges, counts: (id: SpecId) => boolean): number {
  const levels = new Map<SpecId, number>();
  const sizes = new Map<number, number>();
  for (const id of order) {
    let level = 0;
    for (const needed of edges.get(id) ?? []) level = Math.max(level, (levels.get(needed) ?? 0) + 1);
    levels.set(id, level);
    if (counts(id)) sizes.set(level, (sizes.get(level) ?? 0) + 1);
  }
  return Math.max(0, ...sizes.values());
}
