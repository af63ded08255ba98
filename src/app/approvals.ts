import type { ApprovalFacts } from "../domain/approval.ts";
import { driversAbove } from "../domain/group.ts";
import type { SpecId } from "../domain/id.ts";
import { type BrokenSpec, isBroken, type Spec } from "../domain/spec.ts";
import { parseSpecBytes } from "../domain/spec-bytes.ts";
import { parseCommit } from "../git/commit.ts";
import { ObjectReader } from "../git/object-reader.ts";
import { newObject } from "../git/objects.ts";
import { branchOfHead } from "../git/repository.ts";
import { Trees } from "../git/tree.ts";
import { readConfig } from "../store/config.ts";
import { SPEC_FOLDER } from "../store/places.ts";
import { TargetMemory } from "./target-memory.ts";
import type { Workspace } from "./workspace.ts";

type Files = ReadonlyMap<SpecId, Spec | BrokenSpec>;

export interface ApprovalOptions {
  readonly isThorough: boolean;
  /** Of one who asks again and again. */
  readonly memory?: TargetMemory;
}

/**
 * Reads what the approvals of some specs depend on. The target is asked only where a file or the configuration speaks
 * of approvals, so that a list without them starts no git; `isThorough` asks it in any case, which also finds the
 * approval that somebody took out of a file and has not committed.
 */
export async function readApprovalFacts(
  { repo, places }: Workspace,
  shown: Files,
  ids: readonly SpecId[],
  { isThorough, memory = new TargetMemory() }: ApprovalOptions,
): Promise<ApprovalFacts> {
  const { requiredFor } = (await readConfig(places)).approval;
  const known = new Set(shown.keys());
  const wanted = new Set(ids.flatMap((id) => [id, ...driversAbove(id, known)]));
  const isSpoken = [...wanted].some((id) => {
    const spec = shown.get(id);
    return spec !== undefined && !isBroken(spec) && spec.approval !== undefined;
  });
  const isAsked = wanted.size > 0 && (isThorough || isSpoken || requiredFor.length > 0);
  // Where git knows of no spec, what stands on disk is all there is.
  if (repo.isSilent === true) return { shown, onTarget: shown, requiredFor };
  const onTarget = isAsked ? await remembered(repo, shown, wanted, memory) : new Map<SpecId, Spec>();
  return { shown, onTarget, requiredFor };
}

/** Reads from the target what is not known of it yet. */
async function remembered(
  repo: Workspace["repo"],
  shown: Files,
  wanted: ReadonlySet<SpecId>,
  memory: TargetMemory,
): Promise<ReadonlyMap<SpecId, Spec | BrokenSpec>> {
  const ref = (await branchOfHead(repo.gitDir)) ?? "HEAD";
  const known = await memory.of(repo, ref);
  const unknown = [...wanted].filter((id) => !known.has(id));
  const found = unknown.length === 0 ? undefined : await committed(repo, shown, unknown, ref);
  for (const id of unknown) known.set(id, found?.get(id));
  const onTarget = new Map<SpecId, Spec | BrokenSpec>();
  for (const id of wanted) {
    const spec = known.get(id);
    if (spec !== undefined) onTarget.set(id, spec);
  }
  return onTarget;
}

async function committed(
  repo: Workspace["repo"],
  shown: Files,
  wanted: readonly SpecId[],
  ref: string,
): Promise<ReadonlyMap<SpecId, Spec | BrokenSpec>> {
  using reader = new ObjectReader(repo);
  const trees = new Trees(repo, reader);
  const found = new Map<SpecId, Spec | BrokenSpec>();
  const tip = await reader.resolve(ref);
  if (tip === undefined) return found;
  const root = parseCommit((await reader.require(tip)).content).tree;
  const folder = await trees.find(root, SPEC_FOLDER);
  const entries = folder === undefined ? [] : await trees.entries(folder.oid);
  const oids = new Map(entries.map(({ name, oid }) => [name, oid]));
  for (const id of wanted) {
    const oid = oids.get(`${id}.md`);
    if (oid === undefined) continue;
    const disk = shown.get(id);
    const isSame =
      disk !== undefined && newObject(repo.hash, "blob", Buffer.from(disk.text, "utf8")).oid === oid;
    found.set(id, isSame ? disk : parseSpecBytes(id, (await reader.require(oid)).content));
  }
  return found;
}
