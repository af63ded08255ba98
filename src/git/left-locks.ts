import { join } from "node:path";
import { removeFile, statIfExists } from "../host/files.ts";
import { pidsWithin } from "../host/spawn.ts";
import type { Repository } from "./repository.ts";
import type { Worktree } from "./worktree.ts";

/** Where nobody can tell who works in a worktree, and where others may take a lock as well, one of this age is nobody's, in milliseconds. */
const OLD_MS = 10 * 60_000;

/**
 * Removes the locks that an agent's git has left in its worktree, and on its branch, when it was killed or the machine went
 * down: every git of the next agent would be refused by them. The caller has seen that no agent of the run is at work; a
 * person may be, and theirs stay.
 */
export async function clearLeftLocks(repo: Repository, worktree: Worktree, branch: string): Promise<void> {
  for (const name of ["index.lock", "HEAD.lock"]) {
    const path = join(worktree.adminDir, name);
    const stat = await statIfExists(path);
    if (stat === undefined) continue;
    const isNobodys = process.platform === "linux" ? pidsWithin(worktree.path).length === 0 : isOld(stat);
    if (isNobodys) await removeFile(path);
  }
  // Any git may have this one for a moment.
  const onBranch = join(repo.commonDir, "refs", "heads", `${branch}.lock`);
  const stat = await statIfExists(onBranch);
  if (stat !== undefined && isOld(stat)) await removeFile(onBranch);
}

const isOld = ({ mtimeMs }: { readonly mtimeMs: number }): boolean => Date.now() - mtimeMs > OLD_MS;
