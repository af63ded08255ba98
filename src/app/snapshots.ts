import { dirname } from "node:path";
import { ChantError } from "../kit/errors.ts";
import type { SpecId } from "../domain/id.ts";
import { makeCommit, parseCommit, signatureOf } from "../git/commit.ts";
import { isReadable } from "../git/damage.ts";
import { ObjectReader } from "../git/object-reader.ts";
import { storeObjects } from "../git/objects.ts";
import { isBranchName, readRef, swapRef } from "../git/refs.ts";
import type { Repository } from "../git/repository.ts";
import { readGitSettings } from "../git/settings.ts";
import { listSnapshots, type Snapshot, snapshotFiles } from "../git/snapshot.ts";
import { Trees } from "../git/tree.ts";
import { SPEC_FOLDER } from "../store/places.ts";
import type { Workspace } from "./workspace.ts";

/** A snapshot of work of a spec, as a person is told of it. */
export interface KeptWork extends Snapshot {
  /** How many files differ from the commit below it. */
  readonly files: number;
}

/** Returns the snapshots of a spec's work, the oldest first. */
export async function snapshotsOf({ repo }: Workspace, id: SpecId): Promise<readonly KeptWork[]> {
  using reader = new ObjectReader(repo);
  const trees = new Trees(repo, reader);
  const found: KeptWork[] = [];
  for (const snapshot of await listSnapshots(repo, id)) {
    const isThere = await isReadable(reader, snapshot.commit);
    found.push({ ...snapshot, files: isThere ? await snapshotFiles(reader, trees, snapshot.commit) : 0 });
  }
  return found;
}

export interface BranchRequest {
  /** When it was made, or the beginning of that; its ref; or its commit. */
  readonly snapshot: string;
  /** A new branch; named after the spec and the time when left out. */
  readonly to?: string;
  readonly isDryRun: boolean;
}

/** Puts a snapshot on a new branch, where it can be looked at and taken from. No checkout changes. */
export async function restoreSnapshot(
  workspace: Workspace,
  id: SpecId,
  { snapshot, to, isDryRun }: BranchRequest,
): Promise<{ readonly id: SpecId; readonly branch: string; readonly snapshot: KeptWork }> {
  const chosen = chooseSnapshot(id, snapshot, await snapshotsOf(workspace, id));
  const branch = to ?? `restored/${id}-${chosen.time}`;
  await requireFreeName(workspace, branch);
  if (!isDryRun) {
    const reason = `chant: restored from ${chosen.ref}`;
    const commit = await commitFor(workspace.repo, chosen);
    const isNew = await swapRef(workspace.repo, `refs/heads/${branch}`, commit, undefined, reason);
    if (!isNew) throw taken(branch);
  }
  return { id, branch, snapshot: chosen };
}

/**
 * Returns what a branch of the user's may hold of a snapshot. In a silent project without the spec: a checkout of that
 * branch would write over the file in home, which git ignores, and the next one would remove it.
 */
async function commitFor(repo: Repository, { commit, reason }: KeptWork): Promise<string> {
  if (repo.isSilent !== true) return commit;
  using reader = new ObjectReader(repo);
  const { tree, parents } = parseCommit((await reader.require(commit)).content);
  const made = await new Trees(repo, reader).with(tree, new Map([[dirname(SPEC_FOLDER), undefined]]));
  await storeObjects(repo, made.objects);
  const signature = signatureOf(await readGitSettings(repo), Date.now(), "off");
  const without = await makeCommit(repo, { tree: made.oid, parents, message: reason }, signature);
  await storeObjects(repo, without.objects);
  return without.oid;
}

/** @throws ChantError SNAPSHOT_UNKNOWN unless exactly one is meant */
function chooseSnapshot(id: SpecId, word: string, all: readonly KeptWork[]): KeptWork {
  const exact = all.filter(({ ref, time, commit }) => [ref, time, commit].includes(word));
  const isPart = ({ time, commit }: KeptWork): boolean => time.startsWith(word) || commit.startsWith(word);
  const [chosen, ...others] =
    exact.length > 0 ? exact : all.filter((each) => word.length > 3 && isPart(each));
  if (chosen !== undefined && others.length === 0) return chosen;
  const times = all.slice(-5).map(({ time }) => time);
  throw new ChantError(
    "SNAPSHOT_UNKNOWN",
    chosen === undefined
      ? `${id} has no snapshot ${JSON.stringify(word)}.`
      : `${JSON.stringify(word)} is the beginning of ${others.length + 1} snapshots of ${id}.`,
    {
      hint:
        times.length === 0
          ? `It has none at all. What its branch holds is shown by: chant why ${id}`
          : `Its latest are ${times.join(", ")}; all of them: chant restore ${id} --list`,
    },
  );
}

async function requireFreeName({ repo }: Workspace, branch: string): Promise<void> {
  if (branch.startsWith("chant/") || !(await isBranchName(repo, branch))) {
    throw new ChantError("USAGE", `${JSON.stringify(branch)} cannot be the name of the new branch.`, {
      hint: "Choose another, not below chant/, where runs have theirs: --to BRANCH. Nothing was changed.",
    });
  }
  if ((await readRef(repo, `refs/heads/${branch}`)) !== undefined) throw taken(branch);
}

const taken = (branch: string): ChantError =>
  new ChantError("FILE_REFUSED", `There is a branch ${branch} already, and it was left as it is.`, {
    hint: "Choose another name: --to BRANCH",
  });
