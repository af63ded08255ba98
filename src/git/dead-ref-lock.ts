import { join } from "node:path";
import { delay } from "../host/clock.ts";
import { removeFile, statIfExists } from "../host/files.ts";
import { isChantError } from "../kit/errors.ts";
import type { Repository } from "./repository.ts";

/** A git holds the lock of a ref for moments: one that has stood unchanged for so long is nobody's, in milliseconds. */
const OLD_MS = 3_000;
/** It is looked at twice, at least so long apart, whatever the clock says of its age. */
const LOOK_MS = 200;

/**
 * Moves a ref that is chant's own, a run's branch. A git that is killed in the middle of that, or goes down with the
 * machine, leaves the ref's lock, and every later one would be refused: it is taken away once it is old, which is waited
 * for. The locks of other refs may be those of a person's git, and are for that person to judge.
 * @throws ChantError GIT_FAILED, among others when somebody holds the lock
 */
export async function pastDeadLock<T>(
  { commonDir }: Pick<Repository, "commonDir">,
  ref: string,
  move: () => Promise<T>,
): Promise<T> {
  const lock = join(commonDir, `${ref}.lock`);
  try {
    return await move();
  } catch (error) {
    const isLocked = isChantError(error, "GIT_FAILED") && error.message.includes(`'${lock}': File exists`);
    if (!isLocked || !(await removeOld(lock))) throw error;
    return move();
  }
}

/** Tells whether nothing is in the way any more. */
async function removeOld(lock: string): Promise<boolean> {
  const seen = await statIfExists(lock);
  if (seen === undefined) return true;
  const leftMs = seen.mtimeMs + OLD_MS - Date.now();
  await delay(Math.min(OLD_MS, Math.max(LOOK_MS, leftMs)));
  const now = await statIfExists(lock);
  if (now !== undefined && (now.ino !== seen.ino || now.mtimeMs !== seen.mtimeMs)) return false;
  await removeFile(lock);
  return true;
}
