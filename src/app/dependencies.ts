import { join } from "node:path";
import type { DependencyState } from "../domain/graph.ts";
import type { SpecId } from "../domain/id.ts";
import { type BrokenSpec, isBroken, type Spec } from "../domain/spec.ts";
import { parseSpecBytes } from "../domain/spec-bytes.ts";
import { ObjectReader } from "../git/object-reader.ts";
import { branchOfHead } from "../git/repository.ts";
import { Trees } from "../git/tree.ts";
import { archiveLocation } from "../store/config.ts";
import { specPath } from "../store/places.ts";
import { archivedStates } from "./archived-states.ts";
import { TargetArchive } from "./target-archive.ts";
import { TargetMemory } from "./target-memory.ts";
import type { Workspace } from "./workspace.ts";

export interface DependencyOptions {
  /** A ref; the branch of home when left out. */
  readonly target?: string | undefined;
  /** Of one who asks again and again. */
  readonly memory?: TargetMemory;
}

/**
 * Returns how dependencies stand: completed is what is completed on the target, whatever the disk says. Only the files
 * that were asked for are read, and without any no git process starts.
 */
export async function dependencyStates(
  { repo, places }: Pick<Workspace, "repo" | "places">,
  onDisk: ReadonlyMap<SpecId, Spec | BrokenSpec>,
  ids: Iterable<SpecId>,
  { target, memory }: DependencyOptions = {},
): Promise<ReadonlyMap<SpecId, DependencyState>> {
  const states = new Map<SpecId, DependencyState>();
  const wanted = new Set(ids);
  if (wanted.size === 0) return states;
  if (repo.isSilent === true) {
    for (const id of wanted) states.set(id, stateOf(onDisk.get(id), undefined));
    const folder = join(repo.home, await archiveLocation(places));
    const gone = [...states].flatMap(([id, state]) => (state === "missing" ? [id] : []));
    return gone.length === 0 ? states : new Map([...states, ...(await archivedStates(folder, gone))]);
  }
  const ref = target ?? (await branchOfHead(repo.gitDir)) ?? "HEAD";
  const known = await (memory ?? new TargetMemory()).of(repo, ref);
  using reader = new ObjectReader(repo);
  for (const id of wanted) {
    if (!known.has(id)) {
      const blob = await reader.read(`${ref}:${specPath(id)}`);
      known.set(id, blob?.type === "blob" ? parseSpecBytes(id, blob.content) : undefined);
    }
    states.set(id, stateOf(known.get(id), onDisk.get(id)));
  }
  const missing = [...states].flatMap(([id, state]) => (state === "missing" ? [id] : []));
  const tip = missing.length === 0 ? undefined : await reader.resolve(ref);
  if (tip === undefined) return states;
  const archive = new TargetArchive(reader, new Trees(repo, reader), await archiveLocation(places));
  for (const [id, state] of await archive.states(tip, missing)) states.set(id, state);
  return states;
}

function stateOf(
  landed: Spec | BrokenSpec | undefined,
  disk: Spec | BrokenSpec | undefined,
): DependencyState {
  if (landed !== undefined && !isBroken(landed) && landed.status === "completed") return "completed";
  const spec = disk ?? landed;
  if (spec === undefined) return "missing";
  return !isBroken(spec) && spec.status === "cancelled" ? "cancelled" : "open";
}
