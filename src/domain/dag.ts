import { type Edges, edgesOf, orderOf, reversed } from "./graph.ts";
import { membersByDriver } from "./group.ts";
import { compareIds, type SpecId } from "./id.ts";

/** What is known of a spec when the order of work is looked at. */
export interface DagSpec {
  readonly dependsOn: readonly SpecId[];
  /** Neither completed nor cancelled. */
  readonly isOpen: boolean;
}

export type DagSpecs = ReadonlyMap<SpecId, DagSpec>;

/**
 * Returns what holds back what among open specs: a spec its dependencies, a driver its members. What a driver itself
 * depends on holds nothing back, for nobody works it.
 */
export function workEdges(specs: DagSpecs): Edges {
  const open = new Map([...specs].filter(([, { isOpen }]) => isOpen));
  const members = membersByDriver(open.keys());
  const worked = new Map(
    [...open].map(([id, spec]) => [id, members.has(id) ? { ...spec, dependsOn: [] } : spec]),
  );
  return edgesOf(worked);
}

/**
 * Returns the longest chain of open specs of which each waits for the one before it, first to last. Each counts 1; a
 * driver counts nothing and is left out, as it is completed with its last member. Specs in a cycle, and those behind
 * one, are in no chain.
 */
export function criticalPath(specs: DagSpecs): readonly SpecId[] {
  const edges = workEdges(specs);
  const drivers = membersByDriver(edges.keys());
  const weightOf = (id: SpecId): number => (drivers.has(id) ? 0 : 1);
  const lengths = new Map<SpecId, number>();
  const before = new Map<SpecId, SpecId>();
  for (const id of orderOf(edges)) {
    const longest = longestOf(edges.get(id) ?? [], lengths);
    if (longest !== undefined) before.set(id, longest);
    lengths.set(id, weightOf(id) + (longest === undefined ? 0 : (lengths.get(longest) ?? 0)));
  }
  const path: SpecId[] = [];
  for (let id = longestOf(lengths.keys(), lengths); id !== undefined; id = before.get(id)) {
    if (weightOf(id) > 0) path.push(id);
  }
  return path.toReversed();
}

/** Of equally long ones the smallest id, so that the answer is the same each time. */
function longestOf(ids: Iterable<SpecId>, lengths: ReadonlyMap<SpecId, number>): SpecId | undefined {
  let best: SpecId | undefined;
  for (const id of ids) {
    const more = best === undefined ? 1 : (lengths.get(id) ?? 0) - (lengths.get(best) ?? 0);
    if (more > 0 || (more === 0 && compareIds(id, best ?? id) < 0)) best = id;
  }
  return best;
}

/** Returns the specs that hang together by edges in either direction: groups of ids, each sorted, by their first. */
export function componentsOf(edges: Edges): readonly (readonly SpecId[])[] {
  const back = reversed(edges);
  const seen = new Set<SpecId>();
  const components: (readonly SpecId[])[] = [];
  for (const start of [...edges.keys()].toSorted(compareIds)) {
    if (seen.has(start)) continue;
    const found = reach([start], (id) => [...(edges.get(id) ?? []), ...(back.get(id) ?? [])]);
    for (const id of found) seen.add(id);
    components.push([...found].toSorted(compareIds));
  }
  return components;
}

/** Returns what can be come by from some specs, those included. */
export function reach(from: Iterable<SpecId>, next: (id: SpecId) => Iterable<SpecId>): ReadonlySet<SpecId> {
  const found = new Set(from);
  const open = [...found];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const other of next(id)) {
      if (found.has(other)) continue;
      found.add(other);
      open.push(other);
    }
  }
  return found;
}

/** Returns a spec, all that it waits for, and all that waits for it. */
export function around(id: SpecId, edges: Edges): ReadonlySet<SpecId> {
  const back = reversed(edges);
  return new Set([
    ...reach([id], (each) => edges.get(each) ?? []),
    ...reach([id], (each) => back.get(each) ?? []),
  ]);
}

/** Returns the edges of open specs alone: what else they wait for is there, and waits for nothing. */
export function openPart(edges: Edges, isOpen: (id: SpecId) => boolean): Edges {
  const part = new Map([...edges].filter(([id]) => isOpen(id)));
  for (const needs of part.values()) {
    for (const id of needs) if (!part.has(id)) part.set(id, new Set());
  }
  return part;
}

/**
 * Returns the edges between some specs. Where only specs that are left out lie between two of them, the one waits for
 * the other all the same.
 */
export function restrictedTo(kept: ReadonlySet<SpecId>, edges: Edges): Edges {
  return new Map(
    [...edges.keys()]
      .filter((id) => kept.has(id))
      .map((id) => {
        const needed = reach(edges.get(id) ?? [], (each) => (kept.has(each) ? [] : (edges.get(each) ?? [])));
        return [id, new Set([...needed].filter((each) => kept.has(each)))];
      }),
  );
}
