import { join } from "node:path";
import { operationInProgress } from "../../git/busy.ts";
import type { ObjectReader } from "../../git/object-reader.ts";
import { git } from "../../git/program.ts";
import { type Shadow, worktreePlace } from "../../git/shadow.ts";
import { readablePath, type TreeDifference } from "../../git/tree.ts";
import type { Launch } from "../engine/launch.ts";

/**
 * Returns what an agent left unfinished in its worktree, as a clause: a merge, a rebase and the like, or files with both
 * sides of a conflict in them, as after a `git stash pop`. `left`: what differs from its last commit.
 */
export async function unfinishedIn(
  launch: Pick<Launch, "repo" | "worktree">,
  shadow: Shadow,
  reader: ObjectReader,
  left: readonly TreeDifference[],
): Promise<string | undefined> {
  const { path, adminDir } = launch.worktree;
  const operation = await operationInProgress({ gitDir: adminDir, path });
  // What was committed, its agent has taken for resolved.
  if (operation !== undefined || left.length === 0) return operation;
  const unmerged = await unmergedIn(launch, shadow);
  const torn: string[] = [];
  for (const { path: raw, now } of left) {
    if (now === undefined || !unmerged.has(raw)) continue;
    if (hasBothSides((await reader.read(now.oid))?.content)) torn.push(readablePath(raw));
  }
  return torn.length === 0 ? undefined : `a conflict is not resolved in ${torn.join(", ")}`;
}

/** The raw paths that the worktree's own index has in conflict. One that is damaged says nothing. */
async function unmergedIn(
  { repo, worktree }: Pick<Launch, "repo" | "worktree">,
  shadow: Shadow,
): Promise<ReadonlySet<string>> {
  const place = {
    ...worktreePlace(shadow, repo, worktree.path),
    indexFile: join(worktree.adminDir, "index"),
  };
  const { stdout } = await git(place, ["ls-files", "--unmerged", "-z"], { accept: [0, 128] });
  const lines = stdout.toString("latin1").split("\0");
  return new Set(lines.map((line) => line.slice(line.indexOf("\t") + 1)));
}

/** A file that its agent has put right, and only not added, holds none of git's marks. */
const hasBothSides = (content: Buffer | undefined): boolean =>
  content !== undefined && /^<{7} /m.test(content.toString("latin1")) && content.includes("\n>>>>>>> ");
