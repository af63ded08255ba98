import { delay } from "../host/clock.ts";
import { copyIfExists, removeFile, renameOver, setFileTime, statIfExists } from "../host/files.ts";
import { git } from "./program.ts";
import type { Repository } from "./repository.ts";
import { type Shadow, worktreePlace } from "./shadow.ts";

/*
 * git takes a file for unchanged, by its time and size, only when that time lies in an earlier second than the index.
 * A worktree is checked out and its index frozen within a second or two, so git would read every one of its files at
 * each look, for as long as the run lasts. Looked at once in a later second, while the agent works anyway, they are
 * told apart by their times from then on, and the judgement of a large worktree takes a fourth of the time.
 */

/** The kernel stamps files by a clock that is up to a tick behind: a moment so near is none to tell by, in milliseconds. */
const TICK_MS = 100;
/** The longest that a look may take, in milliseconds. An agent could make it wait for ever, by a pipe in a file's place. */
const LIMIT_MS = 30_000;

/** Does some work during which only an agent changes the worktree, and freshens its frozen index meanwhile. */
export async function whileFreshening<T>(
  repo: Repository,
  shadow: Shadow,
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const freshening = freshenLater(repo, shadow, path, ended.signal);
  try {
    return await work();
  } finally {
    ended.abort();
    await freshening;
  }
}

/** Waits for the second after the one in which the index was written. It may fail: git then reads the files again. */
async function freshenLater(
  repo: Repository,
  shadow: Shadow,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const index = worktreePlace(shadow, repo, path).indexFile ?? "";
  const mtimeMs = (await statIfExists(index))?.mtimeMs;
  if (mtimeMs === undefined) return;
  const nextSecondMs = (Math.floor(mtimeMs / 1_000) + 1) * 1_000;
  try {
    await delay(Math.max(0, nextSecondMs + TICK_MS - Date.now()), signal);
    await freshenIndex(repo, shadow, path, Date.now());
  } catch {
    // Ended before it was due, or not possible now.
  }
}

/**
 * Brings the file times in a frozen index up to date; what it holds stays the same. An agent may write meanwhile: the
 * index gets the time at which the look began, so that nothing written since is taken for unchanged.
 */
export async function freshenIndex(
  repo: Repository,
  shadow: Shadow,
  path: string,
  nowMs: number,
): Promise<void> {
  const place = worktreePlace(shadow, repo, path);
  const index = place.indexFile ?? "";
  const aside = `${index}-fresh`;
  const before = await statIfExists(index);
  if (before === undefined || !(await copyIfExists(index, aside))) return;
  try {
    // A copy that looked newer than its original would trust what the original does not.
    await setFileTime(aside, Math.floor(before.mtimeMs));
    await git({ ...place, indexFile: aside }, ["update-index", "-q", "--refresh"], {
      accept: [0, 1],
      timeoutMs: LIMIT_MS,
    });
    await setFileTime(aside, nowMs - TICK_MS);
    const now = await statIfExists(index);
    // A judgement in the meantime has written its own.
    if (now?.ino === before.ino && now.mtimeMs === before.mtimeMs && now.ctimeMs === before.ctimeMs) {
      await renameOver(aside, index);
    }
  } finally {
    await removeFile(aside);
    await removeFile(`${aside}.lock`);
  }
}
