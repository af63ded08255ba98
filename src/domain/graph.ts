import { plural } from "../kit/text.ts";
import { compareIds, driverOf } from "./id.ts";
import type { SpecId } from "./id.ts";
import type { Spec } from "./spec.ts";

/** How a dependency stands, as seen from the target. A driver with open members is open. */
export type DependencyState = "completed" | "open" | "cancelled" | "missing" | "archived";

/** A dependency that is not met, and why: "is not completed yet". */
export interface UnmetDependency {
  readonly id: SpecId;
  readonly why: string;
}

/** Whether a spec may start, as far as its dependencies go. */
export type Readiness =
  | { readonly ready: true }
  | { readonly ready: false; readonly waitsFor: readonly UnmetDependency[] };

type Dependent = Pick<Spec, "dependsOn">;
type Specs = ReadonlyMap<SpecId, Dependent>;

/** For each spec, what it waits for. */
export type Edges = ReadonlyMap<SpecId, ReadonlySet<SpecId>>;

const WHY: { readonly [S in DependencyState]: string | undefined } = {
  completed: undefined,
  // Only what is completed is archived.
  archived: undefined,
  open: "is not completed yet",
  cancelled: "is cancelled",
  missing: "does not exist",
};

/** Returns the dependencies of a spec that are not met, in the order of its file, each once. */
export function unmetDependencies(
  spec: Pick<Spec, "id" | "dependsOn">,
  stateOf: (id: SpecId) => DependencyState,
): readonly UnmetDependency[] {
  return [...new Set(spec.dependsOn)].flatMap((id) => {
    const why = id === spec.id ? "is the spec itself" : WHY[stateOf(id)];
    return why === undefined ? [] : [{ id, why }];
  });
}

/** Returns for each spec whether its dependencies are met. */
export function readiness(
  specs: ReadonlyMap<SpecId, Pick<Spec, "id" | "dependsOn">>,
  stateOf: (id: SpecId) => DependencyState,
): ReadonlyMap<SpecId, Readiness> {
  const ready = new Map<SpecId, Readiness>();
  for (const [id, spec] of specs) {
    const waitsFor = unmetDependencies(spec, stateOf);
    ready.set(id, waitsFor.length === 0 ? { ready: true } : { ready: false, waitsFor });
  }
  return ready;
}

/** Returns unmet dependencies as words: "waits for a, which is not completed yet, and 2 more specs". */
export function waitsForText(unmet: readonly UnmetDependency[]): string {
  const [first, ...rest] = unmet;
  if (first === undefined) return "waits for nothing";
  const more = rest.length === 0 ? "" : `, and ${plural(rest.length, "more spec", "more specs")}`;
  return `waits for ${first.id}, which ${first.why}${more}`;
}

/**
 * Returns what each spec waits for among the others, each once: its dependencies and, for a driver, its members, as it
 * completes after them.
 */
export function edgesOf(specs: Specs): Edges {
  const edges = new Map<SpecId, Set<SpecId>>();
  for (const [id, { dependsOn }] of specs) {
    edges.set(id, new Set(dependsOn.filter((dependency) => specs.has(dependency))));
  }
  for (const id of specs.keys()) {
    let driver = driverOf(id);
    while (driver !== undefined && !specs.has(driver)) driver = driverOf(driver);
    if (driver !== undefined) edges.get(driver)?.add(id);
  }
  return edges;
}

/**
 * Orders specs so that each comes after those it depends on, and a driver after its members; otherwise by id.
 * Dependencies outside the map do not count. Specs in a cycle, and those behind one, are left out.
 */
export const topologicalOrder = (specs: Specs): readonly SpecId[] => orderOf(edgesOf(specs));

/** The same for edges that are known. */
export function orderOf(edges: Edges): readonly SpecId[] {
  const waiting = new Map([...edges].map(([id, needed]) => [id, needed.size]));
  const dependents = reversed(edges);
  // Layer by layer, each sorted: a heap would give the smallest id first throughout, and nobody needs that.
  const order: SpecId[] = [];
  let layer = [...waiting].filter(([, count]) => count === 0).map(([id]) => id);
  while (layer.length > 0) {
    const next: SpecId[] = [];
    for (const id of layer.toSorted(compareIds)) {
      order.push(id);
      for (const dependent of dependents.get(id) ?? []) {
        const count = (waiting.get(dependent) ?? 0) - 1;
        waiting.set(dependent, count);
        if (count === 0) next.push(dependent);
      }
    }
    layer = next;
  }
  return order;
}

/** Returns for each spec that is waited for, who waits for it. */
export function reversed(
  edges: ReadonlyMap<SpecId, Iterable<SpecId>>,
): ReadonlyMap<SpecId, readonly SpecId[]> {
  const back = new Map<SpecId, SpecId[]>();
  for (const [id, targets] of edges) {
    for (const target of targets) {
      const known = back.get(target);
      if (known === undefined) back.set(target, [id]);
      else known.push(id);
    }
  }
  return back;
}

/**
 * Finds specs that wait for each other: the ids in order, each waiting for the next and the last for the first. A spec
 * that depends on itself is such a cycle, and so is a member that depends on its driver. Works without recursion, so
 * that its length does not matter.
 */
export function findCycle(specs: Specs): readonly SpecId[] | undefined {
  const edges = edgesOf(specs);
  const left = new Set(edges.keys());
  for (const id of orderOf(edges)) left.delete(id);
  const [start] = left;
  if (start === undefined) return undefined;
  // Every spec that is left waits for another that is left: following them must come round.
  const path: SpecId[] = [];
  const position = new Map<SpecId, number>();
  let id: SpecId | undefined = start;
  while (id !== undefined && !position.has(id)) {
    position.set(id, path.length);
    path.push(id);
    id = [...(edges.get(id) ?? [])].find((needed) => left.has(needed));
  }
  return path.slice(id === undefined ? 0 : position.get(id));
}

/** Finds cycles until none is left, each without the specs of those before it: specs in a cycle are in at least one. */
export function findCycles(specs: Specs): readonly (readonly SpecId[])[] {
  const left = new Map(specs);
  const cycles: (readonly SpecId[])[] = [];
  for (let cycle = findCycle(left); cycle !== undefined; cycle = findCycle(left)) {
    cycles.push(cycle);
    for (const id of cycle) left.delete(id);
  }
  return cycles;
}

/** Returns all that depend on a spec, directly or through others, sorted. The spec itself is among them only in a cycle. */
export function dependentsOf(id: SpecId, specs: Specs): readonly SpecId[] {
  const direct = reversed(
    new Map([...specs].map(([dependent, { dependsOn }]) => [dependent, new Set(dependsOn)])),
  );
  const found = new Set<SpecId>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const dependent of direct.get(next) ?? []) {
      if (found.has(dependent)) continue;
      found.add(dependent);
      open.push(dependent);
    }
  }
  return [...found].toSorted(compareIds);
}
