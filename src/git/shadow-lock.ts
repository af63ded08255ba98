import { delay } from "../host/clock.ts";
import { removeFile, statIfExists } from "../host/files.ts";
import { pidsWithEnvironment } from "../host/spawn.ts";
import type { GitPlace } from "./program.ts";

/** How long a git of a runner that was killed may still be at work, in milliseconds. */
const LIMIT_MS = 30_000;
const LOOK_MS = 50;
/** Where it cannot be told which git works with a shadow, a lock of this age is nobody's, in milliseconds. */
const OLD_MS = 10 * 60_000;

/**
 * Removes the lock of an index of chant's own, a shadow's or that of a worktree without an agent, that a git left which was
 * killed, or went down with the machine: each later look at the worktree would be refused by it. One that still works is
 * waited for, as long as `limitMs`.
 */
export async function clearDeadLock(
  place: Pick<GitPlace, "gitDir" | "indexFile">,
  limitMs = LIMIT_MS,
): Promise<void> {
  return clearDeadFile(place.gitDir, `${place.indexFile ?? ""}.lock`, limitMs);
}

/** Does the same for any lock file that only gits with this GIT_DIR take. */
export async function clearDeadFile(gitDir: string, lock: string, limitMs = LIMIT_MS): Promise<void> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += LOOK_MS) {
    const stat = await statIfExists(lock);
    if (stat === undefined) return;
    const isHeld =
      process.platform === "linux"
        ? pidsWithEnvironment("GIT_DIR", gitDir).length > 0
        : Date.now() - stat.mtimeMs < OLD_MS;
    // Nobody holds it now, and as long as it is there nobody else can take it.
    if (!isHeld) return removeFile(lock);
    await delay(LOOK_MS);
  }
}
