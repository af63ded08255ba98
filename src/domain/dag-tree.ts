import { type Edges, reversed } from "./graph.ts";
import { compareIds, type SpecId } from "./id.ts";

/** One line of a tree in which each spec waits for what is below it. */
export interface TreeRow {
  readonly id: SpecId;
  /** How many lines of the tree run in front of it, and whether each goes on below. */
  readonly rails: readonly boolean[];
  /**
   * How it hangs on the line above: a `root` not at all, a `branch` as one of several, `last` as the last of these, a
   * `chain` as all that the one above it waits for, in the same column.
   */
  readonly joint: "root" | "branch" | "last" | "chain";
  /** Where what it waits for is told, if not right below. */
  readonly elsewhere?: "above" | "below";
}

/** How many branches deep a tree goes before the rest of it begins anew at the left. */
const DEPTH_LIMIT = 10;

/**
 * Lays specs out as a tree. Each has one row of its own, and what it waits for is below it; a further row of a spec says
 * where its own one is. An only need goes in the column of who needs it, so that chains do not drift to the right. Roots
 * are what nobody waits for, those with something below them first, then what a cycle has no root for.
 */
export function treeRows(edges: Edges): readonly TreeRow[] {
  return new Tree(edges).rows;
}

interface Place {
  readonly id: SpecId;
  readonly rails: readonly boolean[];
  readonly joint: TreeRow["joint"];
}

class Tree {
  readonly rows: TreeRow[] = [];
  readonly #edges: Edges;
  readonly #shown = new Set<SpecId>();
  /** What was too deep, in the order in which it was met. */
  readonly #later = new Set<SpecId>();

  constructor(edges: Edges) {
    this.#edges = edges;
    const needed = reversed(edges);
    const ids = [...edges.keys()].toSorted(compareIds);
    const roots = ids.filter((id) => !needed.has(id));
    const isAlone = (id: SpecId): boolean => edges.get(id)?.size === 0;
    for (const id of roots.filter((each) => !isAlone(each))) this.#plant(id);
    for (const id of ids.filter((each) => needed.has(each))) this.#plant(id);
    for (const id of roots.filter(isAlone)) this.#plant(id);
  }

  #plant(root: SpecId): void {
    this.#grow(root);
    for (const id of this.#later) {
      this.#later.delete(id);
      this.#grow(id);
    }
  }

  #grow(root: SpecId): void {
    if (this.#shown.has(root)) return;
    const open: Place[] = [{ id: root, rails: [], joint: "root" }];
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      open.push(...this.#show(place).toReversed());
    }
  }

  /** Adds the row of a spec, and returns where those that it waits for go. */
  #show({ id, rails, joint }: Place): readonly Place[] {
    const needs = [...(this.#edges.get(id) ?? [])].toSorted(compareIds);
    if (this.#shown.has(id)) {
      this.rows.push({ id, rails, joint, elsewhere: "above" });
      return [];
    }
    // What waits for nothing has room anywhere.
    const isTooDeep = rails.length >= DEPTH_LIMIT && needs.length > 1;
    if (this.#later.has(id) || isTooDeep) {
      this.#later.add(id);
      this.rows.push({ id, rails, joint, elsewhere: "below" });
      return [];
    }
    this.#shown.add(id);
    this.rows.push({ id, rails, joint });
    // In the column of a branch the line to the next one goes on.
    const inner = joint === "branch" ? [...rails, true] : joint === "last" ? [...rails, false] : rails;
    const [only] = needs;
    if (only !== undefined && needs.length === 1) return [{ id: only, rails: inner, joint: "chain" }];
    return needs.map((need, at) => ({
      id: need,
      rails: inner,
      joint: at === needs.length - 1 ? "last" : "branch",
    }));
  }
}
