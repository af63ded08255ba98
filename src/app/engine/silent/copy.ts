import { dirname, join } from "node:path";
import { makeFolder, statIfExists, writeAtomic } from "../../../host/files.ts";
import { specPath } from "../../../store/places.ts";
import { readWorktreeSpec } from "../../../store/worktree-spec.ts";
import type { Engine } from "../engine.ts";
import type { Launch } from "../launch.ts";
import { treeWithSpec } from "./disk.ts";

/*
 * In a silent project the agent's worktree has a copy of the spec that git ignores. For the judgement and for snapshots it
 * is in the tree all the same, as if it were committed.
 */

/** Puts the copy into a worktree; one that is there stays. */
export async function placeCopy(
  { id, worktree }: Pick<Launch, "id" | "worktree">,
  text: string,
): Promise<void> {
  const file = join(worktree.path, specPath(id));
  if ((await statIfExists(file)) !== undefined) return;
  await makeFolder(dirname(file));
  await writeAtomic(file, text);
}

/** Returns a tree with a worktree's copy in it; the same tree where there is none. */
export async function treeWithCopy(
  place: Pick<Engine, "repo" | "trees">,
  tree: string,
  worktree: string,
  id: string,
): Promise<string> {
  const text = place.repo.isSilent === true ? await readWorktreeSpec(worktree, id) : undefined;
  return text === undefined ? tree : treeWithSpec(place, tree, specPath(id), Buffer.from(text, "utf8"));
}
