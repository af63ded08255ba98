import {
  type ApprovalFacts,
  type ApprovalState,
  approvalOf,
  shutGate,
  whyNotApproved,
} from "../domain/approval.ts";
import type { Criterion } from "../domain/criteria.ts";
import { type DependencyState, type UnmetDependency, unmetDependencies } from "../domain/graph.ts";
import { membersByDriver } from "../domain/group.ts";
import { compareIds, type SpecId } from "../domain/id.ts";
import { type Trust, whyNotReady } from "../domain/ready.ts";
import { type BrokenSpec, isBroken, parseSpec, type Spec } from "../domain/spec.ts";
import type { Status } from "../domain/status.ts";
import { readConfig } from "../store/config.ts";
import { indexCache } from "../store/index-cache.ts";
import type { Places } from "../store/places.ts";
import { SpecFiles } from "../store/spec-files.ts";
import { SpecShelf } from "../store/spec-shelf.ts";
import { readWorktreeSpec } from "../store/worktree-spec.ts";
import { readApprovalFacts } from "./approvals.ts";
import { dependencyStates } from "./dependencies.ts";
import { trustedCommands } from "./engine/command-trust.ts";
import { readRecords, type RunRecord } from "./engine/record.ts";
import { selectSpecs } from "./spec-selection.ts";
import { TargetMemory } from "./target-memory.ts";
import { type RunView, viewRun } from "./run-view.ts";
import { requireInitialised, type Workspace } from "./workspace.ts";

/** What a person is told about where a spec stands: its file's status, its run, and its dependencies in one word. */
export type ShownStatus = Status | "blocked" | "broken" | "interrupted";

/** A dependency that is not met, and what it is called where it can be read. */
export interface WaitedFor extends UnmetDependency {
  readonly title?: string;
}

/** One spec as a person sees it. */
export interface SpecView {
  readonly id: SpecId;
  readonly title: string;
  readonly status: ShownStatus;
  /** As the worktree has them while a run is under way. */
  readonly criteria: { readonly done: number; readonly total: number };
  readonly criteriaList: readonly Criterion[];
  readonly spec: Spec | BrokenSpec;
  readonly waitsFor: readonly WaitedFor[];
  /** Why `work` would not take it, as a clause; undefined when it would. */
  readonly notReady?: string;
  /** How its approval stands; only of what is still to start. */
  readonly approval?: ApprovalState;
  /** The approval that keeps it from starting: its own, or that of a driver above it. */
  readonly gate?: { readonly id: SpecId; readonly state: ApprovalState };
  readonly run?: RunView;
}

export interface Overview {
  /** Sorted by id. */
  readonly specs: readonly SpecView[];
  /** Of what was passed over only what the others depend on. */
  readonly onDisk: ReadonlyMap<SpecId, Spec | BrokenSpec>;
  /** How many of each status have no view, because they were passed over. */
  readonly passedOver: ReadonlyMap<Status, number>;
}

/** A spec and its run, before anything is known of its dependencies. */
interface Found {
  readonly spec: Spec | BrokenSpec;
  readonly title: string;
  readonly criteria: readonly Criterion[];
  readonly run: RunView | undefined;
}

/** What one who looks again and again has read already: read anew only where it changed. */
export class OverviewMemory {
  readonly files: SpecFiles;
  readonly target = new TargetMemory();

  constructor({ specs, index }: Pick<Places, "specs" | "index">) {
    this.files = new SpecFiles(specs, indexCache(index, Date.now));
  }
}

export interface OverviewOptions {
  /** Compares every file with the target's, for one that is looked at closely. */
  readonly isThorough?: boolean;
  readonly memory?: OverviewMemory | undefined;
  /** Asked of specs without a run: what needs no view is not read. */
  readonly passOver?: (id: SpecId, status: Status) => boolean;
  /** The specs, where somebody has opened them already. */
  readonly shelf?: SpecShelf;
}

/**
 * Reads every spec with what lies over it: home's disk, the run record and its processes, the criteria in the run's
 * worktree, and the dependencies as the target has them. Nothing is left out: a file that cannot be read is broken.
 * @throws ChantError NOT_INITIALISED
 */
export async function readOverview(
  workspace: Workspace,
  { isThorough = false, memory, passOver, shelf }: OverviewOptions = {},
): Promise<Overview> {
  await requireInitialised(workspace);
  const { places } = workspace;
  const { files, target } = memory ?? new OverviewMemory(places);
  // Before the files: of a run that is cleared away meanwhile the file says what became of it.
  const records = await readRecords(places);
  const selected =
    passOver === undefined
      ? undefined
      : await selectSpecs(
          shelf ?? (await openShelf(places)),
          (id, status) => !records.has(id) && passOver(id, status),
        );
  const specs = selected?.specs ?? (await files.all());
  const onDisk =
    selected === undefined || selected.needed.size === 0 ? specs : new Map([...specs, ...selected.needed]);
  const ids = [...new Set([...specs.keys(), ...records.keys()])].toSorted(compareIds);
  const found = await Promise.all(ids.map((id) => findOne(workspace, id, onDisk.get(id), records.get(id))));
  const members = membersByDriver(new Set([...(selected?.memberIds ?? ids), ...records.keys()]));
  const needed = found.flatMap((one) =>
    isPending(one) ? [...one.spec.dependsOn, ...(members.get(one.spec.id) ?? [])] : [],
  );
  const pending = found.filter(isPending).map(({ spec }) => spec.id);
  const [states, approvals, trust] = await Promise.all([
    dependencyStates(workspace, onDisk, needed, { memory: target }),
    readApprovalFacts(workspace, onDisk, pending, { isThorough, memory: target }),
    pending.length === 0 ? undefined : readTrust(places),
  ]);
  const titles = new Map([
    ...[...onDisk.values()].map((spec) => [spec.id, isBroken(spec) ? spec.id : spec.title] as const),
    ...found.map(({ spec, title }) => [spec.id, title] as const),
  ]);
  const known = { states, titles, approvals, trust };
  return {
    specs: found.map((one) => viewOf(one, members.get(one.spec.id) ?? [], known)),
    onDisk,
    passedOver: selected?.passedOver ?? new Map(),
  };
}

/** Opens the specs for one who needs few of them. */
export const openShelf = ({ specs, index }: Pick<Places, "specs" | "index">): Promise<SpecShelf> =>
  SpecShelf.open(specs, indexCache(index, Date.now));

async function findOne(
  { places }: Workspace,
  id: SpecId,
  disk: Spec | BrokenSpec | undefined,
  record: RunRecord | undefined,
): Promise<Found> {
  const [run, worked] =
    record === undefined
      ? [undefined, undefined]
      : await Promise.all([viewRun(places, record), readWorked(record)]);
  const spec = disk ?? worked ?? missing(id);
  const titled = [spec, worked].find((each) => each !== undefined && !isBroken(each));
  return {
    spec,
    title: titled === undefined || isBroken(titled) ? (record?.title ?? id) : titled.title,
    criteria: worked?.criteria ?? (isBroken(spec) ? [] : spec.criteria),
    run,
  };
}

/** Reads the copy that the agent ticks, where there is one. */
async function readWorked(record: RunRecord): Promise<Spec | undefined> {
  if (record.worktree === undefined || record.phase === "claimed") return undefined;
  const text = await readWorktreeSpec(record.worktree, record.id);
  const spec = text === undefined ? undefined : parseSpec(record.id, text);
  return spec === undefined || isBroken(spec) ? undefined : spec;
}

const missing = (id: SpecId): BrokenSpec => ({
  broken: true,
  id,
  line: 1,
  column: 1,
  message: "Its file is missing.",
  text: "",
});

/** Waits to be started: the only kind whose dependencies matter. */
const isPending = (found: Found): found is Found & { readonly spec: Spec } =>
  found.run === undefined && !isBroken(found.spec) && found.spec.status === "pending";

/** What views are made from besides the specs themselves. */
interface Known {
  readonly states: ReadonlyMap<SpecId, DependencyState>;
  readonly titles: ReadonlyMap<SpecId, string>;
  readonly approvals: ApprovalFacts;
  readonly trust: Trust | undefined;
}

async function readTrust(places: Places): Promise<Trust> {
  const [commands, { worktree }] = await Promise.all([trustedCommands(places), readConfig(places)]);
  return { commands, setup: worktree.setup, teardown: worktree.teardown };
}

function viewOf(
  found: Found,
  members: readonly SpecId[],
  { states, titles, approvals, trust }: Known,
): SpecView {
  const { spec, title, criteria, run } = found;
  const stateOf = (id: SpecId): DependencyState => states.get(id) ?? "missing";
  const isOpen = (id: SpecId): boolean => stateOf(id) === "open" || stateOf(id) === "missing";
  const unmet = isPending(found) ? unmetDependencies(found.spec, stateOf) : [];
  const waitsFor = unmet.map((each): WaitedFor => {
    const called = titles.get(each.id);
    // What cannot be read is called by its id.
    return called === undefined || called === each.id ? each : { ...each, title: called };
  });
  const notReady =
    run === undefined
      ? whyNotReady(spec, {
          stateOf,
          members: { all: members.length, open: members.filter(isOpen).length },
          notApproved: isPending(found) ? whyNotApproved(approvals, spec.id) : undefined,
          ...(trust === undefined ? {} : { trust }),
        })
      : "it has a run already";
  return {
    id: spec.id,
    title,
    status: statusOf(isBroken(spec) ? "broken" : spec.status, run, waitsFor.length > 0),
    criteria: { done: criteria.filter(({ ticked }) => ticked).length, total: criteria.length },
    criteriaList: criteria,
    spec,
    waitsFor,
    ...(notReady === undefined ? {} : { notReady }),
    ...approvalIn(found, approvals),
    ...(run === undefined ? {} : { run }),
  };
}

function approvalIn(found: Found, approvals: ApprovalFacts): Pick<SpecView, "approval" | "gate"> {
  if (!isPending(found)) return {};
  const approval = approvalOf(approvals, found.spec.id);
  const gate = shutGate(approvals, found.spec.id);
  return { ...(approval.kind === "not_needed" ? {} : { approval }), ...(gate === undefined ? {} : { gate }) };
}

/** Lays the run over the file's status: a status that a person acts on may not have reached the file yet. */
export function statusOf(file: Status | "broken", run: RunView | undefined, isBlocked: boolean): ShownStatus {
  if (file === "broken") return "broken";
  if (run === undefined) return isBlocked ? "blocked" : file;
  if (run.parked !== undefined) return run.parked.status;
  if (run.state === "interrupted") return "interrupted";
  // Landed, and only its worktree is still to be cleaned up.
  return file === "completed" ? "completed" : "in_progress";
}

/** Leaves out what is broken, and sorts by id. */
export function readableSpecs(specs: ReadonlyMap<SpecId, Spec | BrokenSpec>): ReadonlyMap<SpecId, Spec> {
  const found = new Map<SpecId, Spec>();
  for (const [id, spec] of [...specs].toSorted(([a], [b]) => compareIds(a, b))) {
    if (!isBroken(spec)) found.set(id, spec);
  }
  return found;
}
