import { join } from "node:path";
import { parseCommit } from "./commit.ts";
import { ObjectReader } from "./object-reader.ts";
import { git } from "./program.ts";
import type { Repository } from "./repository.ts";
import { type Shadow, worktreePlace } from "./shadow.ts";
import { readablePath, Trees } from "./tree.ts";
import type { Worktree } from "./worktree.ts";

/**
 * Writes the files again that are missing since `contentOf` looked last, when `tip` was the worktree's last commit; nothing
 * that is there is touched. What somebody has removed by git since, as with `git rm`, stays away.
 */
export async function restoreMissing(
  repo: Repository,
  shadow: Shadow,
  worktree: Worktree,
  tip: string,
): Promise<void> {
  const place = worktreePlace(shadow, repo, worktree.path);
  const missing = pathsIn((await git(place, ["ls-files", "--deleted", "-z"])).stdout);
  if (missing.length === 0) return;
  const removed = await removedSince(repo, shadow, worktree, tip, missing);
  const input = missing.flatMap((path) => (removed.has(path) ? [] : [`${path}\0`])).join("");
  if (input === "") return;
  await git(place, ["checkout-index", "-q", "-z", "--stdin"], { input: Buffer.from(input, "latin1") });
}

const pathsIn = (stdout: Buffer): readonly string[] => stdout.toString("latin1").split("\0").slice(0, -1);

/** Returns those of some raw paths that `tip` has, and the worktree's HEAD or its index has not any more. */
async function removedSince(
  repo: Repository,
  shadow: Shadow,
  { path, adminDir }: Worktree,
  tip: string,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  using reader = new ObjectReader(repo);
  const trees = new Trees(repo, reader);
  const treeOf = async (commit: string | undefined): Promise<string | undefined> => {
    const object = commit === undefined ? undefined : await reader.read(commit);
    return object?.type === "commit" ? parseCommit(object.content).tree : undefined;
  };
  const [before, now] = [await treeOf(tip), await treeOf((await reader.head(adminDir)).commit)];
  if (before === undefined || now === undefined) return new Set();
  const removed = new Set(
    (await trees.diff(before, now)).flatMap((change) => (change.now === undefined ? [change.path] : [])),
  );
  const own = { ...worktreePlace(shadow, repo, path), indexFile: join(adminDir, "index") };
  const listed = await git(own, ["ls-files", "-z"], { accept: [0, 128] });
  // Of an index that is damaged nothing can be told.
  if (listed.status !== 0) return removed;
  const index = new Set(pathsIn(listed.stdout));
  for (const each of paths.filter((missing) => !index.has(missing))) {
    if ((await trees.find(before, readablePath(each))) !== undefined) removed.add(each);
  }
  return removed;
}
