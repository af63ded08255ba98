import { join } from "node:path";
import { effect } from "../../host/effects.ts";
import { removeFile, removeTree, statIfExists, writePlain } from "../../host/files.ts";
import { contentOf, isAsJudged } from "../../git/facts.ts";
import { shadowAt } from "../../git/shadow.ts";
import { keepSnapshot } from "../../git/snapshot.ts";
import { findAdminDir, removeWorktree } from "../../git/worktree.ts";
import { parseCommit } from "../../git/commit.ts";
import type { Engine } from "./engine.ts";
import { removeRecord, type RunRecord, runFolder } from "./record.ts";
import { removeSpecLock } from "./spec-lock.ts";

/**
 * Clears away a run that has landed: lock, worktree, branch, files, and the record last, so that each step can be
 * done again. What came into the worktree after the judgement, or onto the branch, is kept in a snapshot first.
 */
export async function cleanUp(engine: Engine, record: RunRecord): Promise<void> {
  const { places } = engine;
  await removeSpecLock(places, record.id);
  await removeRunWorktree(engine, record);
  const ref = `refs/heads/${record.branch}`;
  const tip = record.tip;
  if (tip !== undefined) {
    const now = await engine.reader.resolve(ref);
    if (now !== undefined && now !== tip) {
      const kept = await keepCommit(engine, record.id, now, "The branch had moved on after it was judged.");
      engine.emit({
        kind: "warning",
        id: record.id,
        message: `Commits made after the judgement are kept in ${kept}.`,
      });
    }
    if (now !== undefined) {
      await effect("clean.branch", () => engine.refs.swap(ref, undefined, now, "chant: landed"));
    }
  }
  await removeTree(runFolder(places, record));
  await removeFile(join(places.inbox, record.id));
  await effect("clean.record", () => removeRecord(places, record.id));
}

async function removeRunWorktree(engine: Engine, record: RunRecord): Promise<void> {
  const { repo } = engine;
  const { worktree, tip } = record;
  if (worktree === undefined || (await statIfExists(worktree)) === undefined) {
    if (record.adminDir !== undefined) {
      await removeWorktree(repo, { path: worktree ?? "/nowhere", adminDir: record.adminDir });
    }
    return;
  }
  const folder = runFolder(engine.places, record);
  // Once the removal has begun, what is missing is no change of anybody's.
  const marker = join(folder, "removing");
  const hasBegun = (await statIfExists(marker)) !== undefined;
  const adminDir = (await findAdminDir(repo, worktree)) ?? record.adminDir;
  const isOurs =
    adminDir !== undefined && (hasBegun || (await statIfExists(join(worktree, ".git"))) !== undefined);
  if (!isOurs) {
    engine.emit({
      kind: "warning",
      id: record.id,
      message: `${worktree} is no worktree of this repository any more, so it was left alone.`,
    });
    return;
  }
  if (!hasBegun && tip !== undefined) {
    await keepChanges(engine, record, worktree, join(folder, "shadow"), tip);
    await writePlain(marker, "");
  }
  await removeWorktree(repo, { path: worktree, adminDir });
}

/** Keeps what differs in the worktree from what was judged, before it goes. */
async function keepChanges(
  engine: Engine,
  record: RunRecord,
  worktree: string,
  shadow: string,
  tip: string,
): Promise<void> {
  const { repo } = engine;
  if (await isAsJudged(repo, shadowAt(repo, shadow), worktree)) return;
  const content = await contentOf(repo, shadowAt(repo, shadow), worktree);
  const judged = parseCommit((await engine.reader.require(tip)).content).tree;
  if (content.kind === "unreadable" || content.tree === judged) return;
  const reason = `What was in the worktree of ${record.id} after it was judged.`;
  const ref = await keepSnapshot(
    repo,
    record.id,
    { tree: content.tree, parents: [tip], reason },
    engine.signature(),
  );
  engine.emit({
    kind: "warning",
    id: record.id,
    message: `Files changed after the judgement are kept in ${ref}.`,
  });
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
