import { join } from "node:path";
import { type ApprovalFacts, whyNotApproved } from "../../domain/approval.ts";
import type { Config } from "../../domain/config.ts";
import { completedDrivers, membersByDriver } from "../../domain/group.ts";
import type { DependencyState } from "../../domain/graph.ts";
import type { GroupWorld } from "../../domain/group-marks.ts";
import { driverOf, isSpecId, type SpecId } from "../../domain/id.ts";
import { type BrokenSpec, isBroken, type Spec } from "../../domain/spec.ts";
import { parseSpecBytes } from "../../domain/spec-bytes.ts";
import type { Status } from "../../domain/status.ts";
import { parseCommit } from "../../git/commit.ts";
import type { ObjectReader } from "../../git/object-reader.ts";
import { checkoutsOf, type Repository } from "../../git/repository.ts";
import type { Trees } from "../../git/tree.ts";
import { archivedStates } from "../archived-states.ts";
import { TargetArchive } from "../target-archive.ts";
import { SPEC_FOLDER } from "../../store/places.ts";
import { SpecFiles } from "../../store/spec-files.ts";

/** The specs as the target's tree has them: what counts for dependencies and drivers. */
export class TargetSpecs {
  readonly #reader: ObjectReader;
  readonly #trees: Trees;
  #known: ReadonlyMap<string, Spec | BrokenSpec> = new Map();
  #last: { readonly commit: string; readonly specs: ReadonlyMap<SpecId, Spec | BrokenSpec> } | undefined;

  constructor(reader: ObjectReader, trees: Trees) {
    this.#reader = reader;
    this.#trees = trees;
  }

  /** Returns the specs in the tree of a commit; the same one again, or the same content in the next, costs nothing. */
  async at(commit: string): Promise<ReadonlyMap<SpecId, Spec | BrokenSpec>> {
    if (this.#last?.commit !== commit) this.#last = { commit, specs: await this.#read(commit) };
    return this.#last.specs;
  }

  async #read(commit: string): Promise<ReadonlyMap<SpecId, Spec | BrokenSpec>> {
    const root = parseCommit((await this.#reader.require(commit)).content).tree;
    const folder = await this.#trees.find(root, SPEC_FOLDER);
    const specs = new Map<SpecId, Spec | BrokenSpec>();
    if (folder === undefined) return specs;
    const known = new Map<string, Spec | BrokenSpec>();
    for (const entry of await this.#trees.entries(folder.oid)) {
      const id = entry.name.endsWith(".md") ? entry.name.slice(0, -3) : "";
      if (!isSpecId(id)) continue;
      const key = `${id} ${entry.oid}`;
      const spec =
        this.#known.get(key) ?? parseSpecBytes(id, (await this.#reader.require(entry.oid)).content);
      known.set(key, spec);
      specs.set(id, spec);
    }
    this.#known = known;
    return specs;
  }
}

/** The specs of a repository as a target sees them, at one moment. */
export interface SpecWorld {
  /** What a person sees: the disk where the target is checked out, else the target's tree. */
  readonly shown: ReadonlyMap<SpecId, Spec | BrokenSpec>;
  readonly onTarget: ReadonlyMap<SpecId, Spec | BrokenSpec>;
  /** How those stand that are depended on and are in the archive. */
  readonly archived: ReadonlyMap<SpecId, DependencyState>;
}

/** Reads that world again and again, cheaply. */
export class SpecReader {
  readonly #repo: Repository;
  readonly #target: string;
  readonly #reader: ObjectReader;
  readonly #tree: TargetSpecs;
  readonly #archive: TargetArchive;
  readonly #archiveFolder: string;
  readonly #disks = new Map<string, SpecFiles>();

  /** @param archive the archive's folder, relative to the repository */
  constructor(repo: Repository, target: string, reader: ObjectReader, trees: Trees, archive: string) {
    this.#repo = repo;
    this.#target = target;
    this.#reader = reader;
    this.#tree = new TargetSpecs(reader, trees);
    this.#archive = new TargetArchive(reader, trees, archive);
    this.#archiveFolder = join(repo.home, archive);
  }

  /** Returns the specs on the target alone: while it does not move, without reading any file of theirs. */
  async onTarget(): Promise<SpecWorld["onTarget"]> {
    if (this.#repo.isSilent === true) return this.#inHome();
    const tip = await this.#reader.resolve(this.#target);
    return tip === undefined ? new Map<SpecId, Spec>() : this.#tree.at(tip);
  }

  async read(): Promise<SpecWorld> {
    const onTarget = await this.onTarget();
    const isSilent = this.#repo.isSilent === true;
    const shown = isSilent ? onTarget : ((await this.#onDisk()) ?? onTarget);
    const missing = missingDependencies(shown, onTarget);
    if (isSilent && missing.size > 0) {
      return { shown, onTarget, archived: await archivedStates(this.#archiveFolder, missing) };
    }
    const tip = missing.size === 0 ? undefined : await this.#reader.resolve(this.#target);
    const archived = tip === undefined ? NOTHING : await this.#archive.states(tip, missing);
    return { shown, onTarget, archived };
  }

  /** What stands in the checkout that is on the target, if there is one. */
  async #onDisk(): Promise<SpecWorld["shown"] | undefined> {
    const checkout = (await checkoutsOf(this.#repo)).find((each) => each.branch === this.#target);
    if (checkout === undefined) return undefined;
    return this.#specsIn(checkout.path);
  }

  /** Where git knows of no spec, the only word about them is on disk, and it counts for every branch. */
  #inHome(): Promise<SpecWorld["shown"]> {
    return this.#specsIn(this.#repo.home);
  }

  #specsIn(checkout: string): Promise<SpecWorld["shown"]> {
    const folder = join(checkout, SPEC_FOLDER);
    let disk = this.#disks.get(folder);
    if (disk === undefined) this.#disks.set(folder, (disk = new SpecFiles(folder)));
    return disk.all();
  }
}

const NOTHING: SpecWorld["archived"] = new Map();

function missingDependencies(
  shown: SpecWorld["shown"],
  onTarget: SpecWorld["onTarget"],
): ReadonlySet<SpecId> {
  const missing = new Set<SpecId>();
  for (const spec of shown.values()) {
    for (const id of isBroken(spec) ? [] : spec.dependsOn) {
      if (!shown.has(id) && !onTarget.has(id)) missing.add(id);
    }
  }
  return missing;
}

/** Returns how a dependency stands: completed only when it is so on the target. */
export function dependencyState(world: SpecWorld, id: SpecId): DependencyState {
  const landed = world.onTarget.get(id);
  if (landed !== undefined && !isBroken(landed) && landed.status === "completed") return "completed";
  const spec = world.shown.get(id) ?? landed;
  if (spec === undefined) return world.archived.get(id) ?? "missing";
  return !isBroken(spec) && spec.status === "cancelled" ? "cancelled" : "open";
}

/** What approvals are read from in a world. */
export const approvalFacts = ({ shown, onTarget }: SpecWorld, { approval }: Config): ApprovalFacts => ({
  shown,
  onTarget,
  requiredFor: approval.requiredFor,
});

/** Returns why the approval of a spec keeps it from starting, as a clause. */
export const whyGateShut = (world: SpecWorld, config: Config, id: SpecId): string | undefined =>
  whyNotApproved(approvalFacts(world, config), id);

const members = new WeakMap<SpecWorld, ReadonlyMap<SpecId, readonly SpecId[]>>();

/** Returns the members of a driver at every depth, in any order. All drivers are looked up in one pass over a world. */
export function membersIn(world: SpecWorld, id: SpecId): readonly SpecId[] {
  let known = members.get(world);
  if (known === undefined) members.set(world, (known = membersByDriver(world.shown.keys())));
  return known.get(id) ?? [];
}

/** Returns the members of a driver at every depth that still have to be done. */
export function openMembers(world: SpecWorld, id: SpecId): readonly SpecId[] {
  return membersIn(world, id).filter((member) => {
    const state = dependencyState(world, member);
    return state !== "completed" && state !== "cancelled";
  });
}

/** Returns how groups stand: by the target united with what a person sees. */
export function groupWorld(world: SpecWorld): GroupWorld {
  const specOf = (id: SpecId): Spec | undefined => {
    const spec = world.onTarget.get(id) ?? world.shown.get(id);
    return spec === undefined || isBroken(spec) ? undefined : spec;
  };
  return {
    ids: new Set([...world.shown.keys(), ...world.onTarget.keys()]),
    statusOf: (id) => specOf(id)?.status,
    isAutoCompleted: (id) => specOf(id)?.autoCompleted === true,
  };
}

/** Returns the drivers that are complete once all of `done` are. */
export function driversCompletedBy(world: SpecWorld, done: readonly SpecId[]): readonly SpecId[] {
  const { ids, statusOf } = groupWorld(world);
  const now = (id: SpecId): Status | undefined => (done.includes(id) ? "completed" : statusOf(id));
  return completedDrivers(done, now, new Set([...ids, ...done]));
}

/**
 * Returns the drivers whose members are all through though no landing has said so: a person completed them by hand. A
 * member that stands open on disk is open, whatever the target says.
 */
export function missedDrivers(world: SpecWorld): readonly SpecId[] {
  const { ids, statusOf } = groupWorld(world);
  const isOpenOnDisk = (id: SpecId): boolean => {
    const spec = world.shown.get(id);
    return spec !== undefined && (isBroken(spec) || !["completed", "cancelled"].includes(spec.status));
  };
  const now = (id: SpecId): Status | undefined =>
    driverOf(id) !== undefined && membersIn(world, id).length === 0 && isOpenOnDisk(id)
      ? undefined
      : statusOf(id);
  const completed = [...ids].filter((id) => driverOf(id) !== undefined && now(id) === "completed");
  return completed.length === 0 ? [] : completedDrivers(completed, now, ids);
}
