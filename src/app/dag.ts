import { around, criticalPath, type DagSpec, openPart, restrictedTo } from "../domain/dag.ts";
import { type Edges, edgesOf, findCycles } from "../domain/graph.ts";
import { membersByDriver } from "../domain/group.ts";
import { compareIds, type SpecId } from "../domain/id.ts";
import { isBroken } from "../domain/spec.ts";
import { type Width, widthOf } from "../domain/width.ts";
import { dependencyStates } from "./dependencies.ts";
import { readOverview, type ShownStatus, type SpecView } from "./overview.ts";
import { requireId, type Workspace } from "./workspace.ts";

/** Where a spec stands; one that is only named may be in the archive, or nowhere. */
export type DagStatus = ShownStatus | "archived" | "missing";

/** A spec in the graph. */
export interface DagNode {
  readonly id: SpecId;
  readonly title: string;
  readonly status: DagStatus;
  /** Undefined for what is only named by others. */
  readonly view?: SpecView;
  readonly isDriver: boolean;
  readonly isCritical: boolean;
}

export interface DagRequest {
  /** A part of an id: only that spec, what it waits for, and what waits for it. */
  readonly partial?: string | undefined;
  /** Which specs are drawn; what lies between two that are is stepped over. */
  readonly isShown?: ((view: SpecView) => boolean) | undefined;
  /** Draws also what is over and was waited for by nothing that is open. */
  readonly isAll: boolean;
}

/** The order of work: what is drawn of it, and what follows from all of it. */
export interface Dag {
  /** By id. */
  readonly nodes: ReadonlyMap<SpecId, DagNode>;
  /** For each node what it waits for: its dependencies and, for a driver, its members. */
  readonly edges: Edges;
  /** The longest chain of open specs, first to last. */
  readonly criticalPath: readonly SpecId[];
  readonly width: Width;
  readonly cycles: readonly (readonly SpecId[])[];
  /** How many specs were left out because they are over, and nothing that is open waits for them. */
  readonly over: number;
}

/**
 * Reads what waits for what.
 * @throws ChantError NOT_INITIALISED, SPEC_UNKNOWN, SPEC_AMBIGUOUS
 */
export async function readDag(workspace: Workspace, request: DagRequest): Promise<Dag> {
  const id = request.partial === undefined ? undefined : await requireId(workspace, request.partial);
  const known = await readNodes(workspace);
  const all = edgesOf(new Map([...known].map(([each, { dependsOn }]) => [each, { dependsOn }])));
  const scope = id === undefined ? new Set(known.keys()) : around(id, all);
  const inScope = new Map([...known].filter(([each]) => scope.has(each)));
  const { isShown, isAll } = request;
  const isWhole = id !== undefined || isAll || isShown !== undefined;
  const chosen = [...inScope.values()].filter(
    ({ view }) => isShown === undefined || (view !== undefined && isShown(view)),
  );
  const edges = isWhole
    ? restrictedTo(new Set(chosen.map((node) => node.id)), all)
    : openPart(all, (each) => known.get(each)?.isOpen === true);
  const path = criticalPath(inScope);
  const drivers = membersByDriver(known.keys());
  return {
    nodes: new Map(
      [...edges.keys()].toSorted(compareIds).flatMap((each) => {
        const found = known.get(each);
        if (found === undefined) return [];
        const { title, status, view } = found;
        const marks = { isDriver: drivers.has(each), isCritical: path.includes(each) };
        return [[each, { id: each, title, status, ...(view === undefined ? {} : { view }), ...marks }]];
      }),
    ),
    edges,
    criticalPath: path,
    width: widthOf(inScope),
    cycles: findCycles(inScope),
    over: isWhole ? 0 : inScope.size - edges.size,
  };
}

interface Known extends DagSpec {
  readonly id: SpecId;
  readonly title: string;
  readonly status: DagStatus;
  readonly view?: SpecView;
}

/** Reads all specs, and those that are only named. */
async function readNodes(workspace: Workspace): Promise<ReadonlyMap<SpecId, Known>> {
  const { specs, onDisk } = await readOverview(workspace);
  const known = new Map<SpecId, Known>(specs.map((view) => [view.id, knownOf(view)]));
  const named = new Set([...known.values()].flatMap(({ dependsOn }) => dependsOn));
  const elsewhere = [...named].filter((id) => !known.has(id));
  for (const [id, state] of await dependencyStates(workspace, onDisk, elsewhere)) {
    const status = state === "open" ? "pending" : state;
    known.set(id, { id, title: id, status, dependsOn: [], isOpen: status === "pending" });
  }
  return known;
}

function knownOf(view: SpecView): Known {
  const { id, title, status, spec } = view;
  const isOpen = status !== "completed" && status !== "cancelled";
  return { id, title, status, view, isOpen, dependsOn: isBroken(spec) ? [] : spec.dependsOn };
}
