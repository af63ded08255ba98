import { join, resolve } from "node:path";
import {
  listIfExists,
  makeFolder,
  readUntrusted,
  removeFile,
  removeTree,
  statIfExists,
  writePlain,
} from "../../host/files.ts";
import { parseCommit } from "../../git/commit.ts";
import { isAsJudged } from "../../git/facts.ts";
import { gitFileTarget } from "../../git/git-file.ts";
import { MissingObject } from "../../git/missing-object.ts";
import { shadowAt } from "../../git/shadow.ts";
import { GITLINK_MODE, readablePath } from "../../git/tree.ts";
import { findAdminDir, removeWorktree, undoWorktree } from "../../git/worktree.ts";
import { forgetRun } from "./claim.ts";
import type { Engine } from "./engine.ts";
import { discardBranch, keepCommit, keepContent, type Safe } from "./keep.ts";
import { scratchFolder } from "./launch.ts";
import { releasePorts } from "./port-leases.ts";
import { readRecord, type RunRecord, runFolder } from "./record.ts";
import { forgetLanding } from "./silent/landed.ts";
import { removeSpecLock } from "./spec-lock.ts";
import { tearDown } from "./tear-down.ts";

/**
 * Clears away a run that is over: lock, worktree, branch, files, and the record last, so that each step can be done
 * again. Of a run that landed, what was judged is on the target; anything else (all of a run that was given up, what
 * came into the worktree or onto the branch after the judgement) is kept in a snapshot first. Returns that of the
 * worktree, or of the branch where there was none.
 */
export async function cleanUp(engine: Engine, record: RunRecord): Promise<string | undefined> {
  const { places } = engine;
  await removeSpecLock(places, record.id);
  const safe = safeOf(record);
  const { run, worktree, branch, base, launch, isOrphan } = record;
  // Without a launch it is a worktree that was not finished, perhaps half of one, with nothing of anybody's in it.
  if (launch === 0 && isOrphan !== true && worktree !== undefined && base !== undefined) {
    const isEmpty = (await listIfExists(worktree)).every((name) => name === ".git");
    if (isEmpty) await undoWorktree(engine.repo, run, worktree, branch, base);
  }
  const isLeft = (await isStillUsed(engine, record)) || (await holdsSubmodule(engine, record));
  const kept = isLeft ? undefined : await clearWorktree(engine, record, safe);
  const keptTip =
    isLeft || (await hasNextRun(engine, record)) ? undefined : await clearBranch(engine, record, safe);
  if (record.ports !== undefined && !isLeft) await releasePorts(record.run);
  await removeTree(runFolder(places, record));
  await removeFile(join(places.inbox, record.id));
  await forgetRun(engine, record);
  // As long as the record says that it is landing, this is what says that it has.
  if (record.spec !== undefined) await forgetLanding(engine, record.run);
  return kept ?? keptTip;
}

/** Tells whether the spec has another run by now: its worktree and its branch may have the same names. */
async function hasNextRun({ places }: Engine, { id, run }: RunRecord): Promise<boolean> {
  const now = await readRecord(places, id);
  return now !== undefined && now.run !== run;
}

/** What is on the target, or was there before the run, needs no snapshot. */
const safeOf = (record: RunRecord): Safe =>
  new Set([record.base, record.phase === "landing" ? record.tip : undefined]);

async function clearBranch(engine: Engine, record: RunRecord, safe: Safe): Promise<string | undefined> {
  const ref = `refs/heads/${record.branch}`;
  const tip = await engine.reader.resolve(ref);
  if (tip === undefined) return undefined;
  // Before the start commit is there, a branch of that name is somebody else's.
  if (record.base === undefined && record.isOrphan !== true) return undefined;
  const mayStay = record.phase === "landing" && !engine.config.lifecycle.branches.deleteAfterMerge;
  const isSafe = safe.has(tip);
  const reason = "The commits of its branch.";
  if (mayStay) return isSafe ? undefined : keepCommit(engine, record.id, tip, reason, record.base);
  return discardBranch(engine, record, { ref, tip, isSafe, reason, base: record.base });
}

/** Tells, also the user, whether somebody who took a worktree over works in it still: it holds more than what landed. */
async function isStillUsed(engine: Engine, record: RunRecord): Promise<boolean> {
  const { repo, reader, places } = engine;
  const { worktree, takenOver, adminDir } = record;
  if (takenOver === undefined || record.phase !== "landing" || worktree === undefined) return false;
  const folder = runFolder(places, record);
  const [place, removing] = await Promise.all([worktree, join(folder, "removing")].map(statIfExists));
  if (place === undefined || removing !== undefined) return false;
  const head = adminDir === undefined ? undefined : await reader.head(adminDir);
  const isSame = head?.commit === record.tip;
  if (isSame && (await isAsJudged(repo, shadowAt(repo, join(folder, "shadow")), worktree))) return false;
  const message = `${worktree} is left, with its branch: it was taken over, and holds what has not landed. When you are done: git worktree remove ${worktree}`;
  engine.emit({ kind: "warning", id: record.id, message });
  return true;
}

/**
 * Tells, also the user, whether what landed names commits of a submodule whose repository is in the worktree: nobody knows
 * whether they stand anywhere else.
 */
async function holdsSubmodule(engine: Engine, record: RunRecord): Promise<boolean> {
  const { id, phase, worktree, branch, base, tip } = record;
  if (phase !== "landing" || worktree === undefined || base === undefined || tip === undefined) return false;
  for (const path of await movedSubmodules(engine, base, tip)) {
    if ((await statIfExists(join(worktree, path, ".git"))) === undefined) continue;
    const message = `${worktree} is left, with its branch: commits of the submodule ${path} may stand nowhere else. Once they are published: git worktree remove --force ${worktree} && git branch -D ${branch}`;
    engine.emit({ kind: "warning", id, message });
    return true;
  }
  return false;
}

/** Names the submodules that stand at another commit in the second of two commits; none where one of them is damaged. */
async function movedSubmodules(
  { reader, trees }: Engine,
  base: string,
  tip: string,
): Promise<readonly string[]> {
  const treeOf = async (commit: string): Promise<string> =>
    parseCommit((await reader.require(commit)).content).tree;
  try {
    const changes = await trees.diff(await treeOf(base), await treeOf(tip));
    return changes.flatMap(({ path, now }) => (now?.mode === GITLINK_MODE ? [readablePath(path)] : []));
  } catch (error) {
    if (error instanceof MissingObject) return [];
    throw error;
  }
}

async function clearWorktree(engine: Engine, record: RunRecord, safe: Safe): Promise<string | undefined> {
  const { repo } = engine;
  const { worktree } = record;
  if (worktree === undefined || (await statIfExists(worktree)) === undefined) {
    if (record.adminDir !== undefined) {
      await removeWorktree(repo, { path: worktree ?? "/nowhere", adminDir: record.adminDir });
    }
    return undefined;
  }
  const folder = runFolder(engine.places, record);
  // Once the removal has begun, what is missing is no change of anybody's.
  const marker = join(folder, "removing");
  const hasBegun = (await statIfExists(marker)) !== undefined;
  const found = await findAdminDir(repo, worktree);
  const adminDir = found ?? record.adminDir;
  const link = await linkOf(worktree);
  // An agent may have removed it: git's own word, which names this folder, is enough then.
  const isPointer = link === adminDir || link === scratchFolder(folder);
  const isOurs = hasBegun || (link === undefined ? found !== undefined : isPointer);
  if (adminDir === undefined || !isOurs) {
    const message = `${worktree} is no worktree of this repository any more, so it was left alone.`;
    engine.emit({ kind: "warning", id: record.id, message });
    return undefined;
  }
  let kept: string | undefined;
  if (!hasBegun) {
    kept = await keepContent(engine, record, { worktree, adminDir, shadow: join(folder, "shadow") }, safe);
    // Two may clear the same run away at once: a person gives up what has just landed.
    await makeFolder(folder);
    await writePlain(marker, "");
  }
  await tearDown(engine, { ...record, worktree }, folder);
  // All of that may take long: the other one is through by now, and the next run of the spec in the same place.
  if (await hasNextRun(engine, record)) return kept;
  await removeWorktree(repo, { path: worktree, adminDir });
  return kept;
}

/** Returns where a worktree's `.git` points, undefined when there is none, and "" for a repository of its own. */
async function linkOf(worktree: string): Promise<string | undefined> {
  const path = join(worktree, ".git");
  if ((await statIfExists(path)) === undefined) return undefined;
  const target = gitFileTarget(await readUntrusted(path));
  return target === undefined ? "" : resolve(worktree, target);
}
