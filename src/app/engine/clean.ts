import { join, resolve } from "node:path";
import { ChantError } from "../../kit/errors.ts";
import { effect } from "../../host/effects.ts";
import { readUntrusted, removeFile, removeTree, statIfExists, writePlain } from "../../host/files.ts";
import { parseCommit } from "../../git/commit.ts";
import { contentOf, isAsJudged } from "../../git/facts.ts";
import { checkoutsOf } from "../../git/repository.ts";
import { type Shadow, shadowAt } from "../../git/shadow.ts";
import { keepSnapshot } from "../../git/snapshot.ts";
import { GITLINK_MODE, readablePath } from "../../git/tree.ts";
import { findAdminDir, removeWorktree } from "../../git/worktree.ts";
import type { Engine } from "./engine.ts";
import { removeRecord, type RunRecord, runFolder } from "./record.ts";
import { removeSpecLock } from "./spec-lock.ts";

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
  const isLeft = await isStillUsed(engine, record);
  const kept = isLeft ? undefined : await clearWorktree(engine, record, safe);
  const keptTip = isLeft ? undefined : await clearBranch(engine, record, safe);
  await removeTree(runFolder(places, record));
  await removeFile(join(places.inbox, record.id));
  await effect("clean.record", () => removeRecord(places, record.id));
  return kept ?? keptTip;
}

type Safe = Set<string | undefined>;

/** What is on the target, or was there before the run, needs no snapshot. */
const safeOf = (record: RunRecord): Safe =>
  new Set([record.base, record.phase === "landing" ? record.tip : undefined]);

async function clearBranch(engine: Engine, record: RunRecord, safe: Safe): Promise<string | undefined> {
  const ref = `refs/heads/${record.branch}`;
  const tip = await engine.reader.resolve(ref);
  if (tip === undefined) return undefined;
  // Before the start commit is there, a branch of that name is somebody else's.
  if (record.base === undefined && record.isOrphan !== true) return undefined;
  const kept = safe.has(tip) ? undefined : await keepWork(engine, record, tip, "The commits of its branch.");
  if (record.phase === "landing" && !engine.config.lifecycle.branches.deleteAfterMerge) return kept;
  const holder = (await checkoutsOf(engine.repo)).find((checkout) => checkout.branch === ref);
  if (holder !== undefined) {
    const message = `The branch ${record.branch} is checked out in ${holder.path}, so it was left there.`;
    engine.emit({ kind: "warning", id: record.id, message });
    return kept;
  }
  await effect("clean.branch", () => engine.refs.swap(ref, undefined, tip, "chant: run is over"));
  return kept;
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
  const isOurs = hasBegun || (link === undefined ? found !== undefined : link === adminDir);
  if (adminDir === undefined || !isOurs) {
    const message = `${worktree} is no worktree of this repository any more, so it was left alone.`;
    engine.emit({ kind: "warning", id: record.id, message });
    return undefined;
  }
  let kept: string | undefined;
  if (!hasBegun) {
    kept = await keepContent(engine, record, { worktree, adminDir, shadow: join(folder, "shadow") }, safe);
    await writePlain(marker, "");
  }
  await removeWorktree(repo, { path: worktree, adminDir });
  return kept;
}

/** Returns where a worktree's `.git` points, undefined when there is none, and "" for a repository of its own. */
async function linkOf(worktree: string): Promise<string | undefined> {
  const path = join(worktree, ".git");
  if ((await statIfExists(path)) === undefined) return undefined;
  const target = /^gitdir: (.+)$/m.exec((await readUntrusted(path)) ?? "")?.[1];
  return target === undefined ? "" : resolve(worktree, target);
}

/** Keeps what a worktree holds that stands nowhere else: its files, and the commit that its HEAD is at. */
async function keepContent(
  engine: Engine,
  record: RunRecord,
  place: { readonly worktree: string; readonly adminDir: string; readonly shadow: string },
  safe: Safe,
): Promise<string | undefined> {
  const { repo } = engine;
  // Without its shadow it was never handed to an agent: it holds what the start commit holds.
  if ((await statIfExists(place.shadow)) === undefined) return undefined;
  const shadow = shadowAt(repo, place.shadow);
  const head = await engine.reader.head(place.adminDir);
  const tip = head.commit ?? record.tip ?? record.base;
  if (tip === undefined) return undefined;
  if (record.phase === "landing" && safe.has(tip) && (await isAsJudged(repo, shadow, place.worktree))) {
    return undefined;
  }
  const tree = await keepableTree(engine, record, shadow, place.worktree);
  const committed = parseCommit((await engine.reader.require(tip)).content).tree;
  if (tree === committed && safe.has(tip)) return undefined;
  const why = `What was in the worktree of ${record.id}.`;
  const ref = await keepSnapshot(repo, record.id, { tree, parents: [tip], reason: why }, engine.signature());
  safe.add(tip);
  if (record.isOrphan !== true) {
    engine.emit({ kind: "warning", id: record.id, message: `What was in its worktree is kept in ${ref}.` });
  }
  return ref;
}

/**
 * Refuses where the worktree of a run holds what no snapshot can keep. Asked before anything is decided about the run,
 * so that a refusal leaves all of it as it was.
 * @throws ChantError WORKTREE_FAILED
 */
export async function requireKeepable(engine: Engine, record: RunRecord): Promise<void> {
  const { repo, places } = engine;
  const { worktree } = record;
  const folder = runFolder(places, record);
  const [dotGit, shadow, marker] = await Promise.all(
    [join(worktree ?? folder, ".git"), join(folder, "shadow"), join(folder, "removing")].map(statIfExists),
  );
  if (worktree === undefined || dotGit === undefined || shadow === undefined || marker !== undefined) return;
  await keepableTree(engine, record, shadowAt(repo, join(folder, "shadow")), worktree);
}

/** Returns what a worktree holds, as a tree in which nothing is missing. */
async function keepableTree(
  engine: Engine,
  record: RunRecord,
  shadow: Shadow,
  worktree: string,
): Promise<string> {
  const { repo, reader, trees } = engine;
  const content = await contentOf(repo, shadow, worktree);
  if (content.kind === "unreadable") {
    const message = `${worktree} cannot be kept in a snapshot: ${content.reason}.`;
    throw new ChantError("WORKTREE_FAILED", message, {
      hint: "Move away what git cannot take in, then try again. Nothing was removed.",
    });
  }
  const from = record.base ?? record.tip;
  if (from === undefined) return content.tree;
  const before = parseCommit((await reader.require(from)).content).tree;
  for (const { path, now } of await trees.diff(before, content.tree)) {
    // Of a repository inside the worktree the tree holds but the name of a commit, whose files are elsewhere.
    if (now?.mode !== GITLINK_MODE || (await reader.read(now.oid)) !== undefined) continue;
    const nested = join(worktree, readablePath(path));
    throw new ChantError(
      "WORKTREE_FAILED",
      `${nested} is a repository of its own, which no snapshot keeps.`,
      {
        hint: "Move that folder away, or remove it, then try again. Nothing was removed.",
      },
    );
  }
  return content.tree;
}

async function keepWork(engine: Engine, record: RunRecord, tip: string, reason: string): Promise<string> {
  const kept = await keepCommit(engine, record.id, tip, reason);
  if (record.isOrphan !== true) {
    engine.emit({
      kind: "warning",
      id: record.id,
      message: `The commits of its branch are kept in ${kept}.`,
    });
  }
  return kept;
}

/** Keeps a commit, and all below it, in a snapshot. */
export async function keepCommit(
  engine: Engine,
  id: string,
  commit: string,
  reason: string,
): Promise<string> {
  const { tree } = parseCommit((await engine.reader.require(commit)).content);
  return keepSnapshot(engine.repo, id, { tree, parents: [commit], reason }, engine.signature());
}
