import { delay } from "../host/clock.ts";
import { removeFile, renameOver, setFileTime, statIfExists } from "../host/files.ts";
import { flushFiles } from "../host/flush-files.ts";
import { copyIndex } from "./copy-index.ts";
import { git, type GitPlace } from "./program.ts";
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

/**
 * Does some work during which only an agent changes the worktree, and freshens its frozen index meanwhile. Tells also
 * whether there was the time for it.
 */
export async function whileFreshening<T>(
  repo: Repository,
  shadow: Shadow,
  path: string,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly isFresh: boolean }> {
  const ended = new AbortController();
  const freshening = freshenLater(worktreePlace(shadow, repo, path), ended.signal);
  try {
    const result = await work();
    ended.abort();
    return { result, isFresh: await freshening };
  } finally {
    ended.abort();
    await freshening;
  }
}

/** Waits for the second after the one in which the index was written. It may fail: git then reads the files again. */
async function freshenLater(place: GitPlace, signal: AbortSignal): Promise<boolean> {
  const mtimeMs = (await statIfExists(place.indexFile ?? ""))?.mtimeMs;
  if (mtimeMs === undefined) return true;
  const nextSecondMs = (Math.floor(mtimeMs / 1_000) + 1) * 1_000;
  try {
    await delay(Math.max(0, nextSecondMs + TICK_MS - Date.now()), signal);
    await freshenIndex(place, Date.now());
    return true;
  } catch {
    // Ended before it was due, or not possible now.
    return false;
  }
}

/** Brings the file times in a frozen index up to date; what it holds stays the same. An agent may write meanwhile. */
export async function freshenIndex(place: GitPlace, nowMs: number): Promise<void> {
  await withFreshIndex(place, nowMs, () => Promise.resolve());
}

/**
 * Does some work with a copy of a frozen index whose file times are up to date, and puts it in its place. `trust` makes
 * git believe those times in its next call: only for a worktree in which nothing is at work any more. Afterwards the
 * index has the time at which all of it began, so that nothing written since is taken for unchanged.
 */
export async function withFreshIndex<T>(
  place: GitPlace,
  nowMs: number,
  work: (aside: GitPlace, trust: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const index = place.indexFile ?? "";
  const aside = `${index}-fresh-${process.pid}`;
  const before = await statIfExists(index);
  if (before === undefined) return work(place, () => Promise.resolve());
  const there: GitPlace = { ...place, indexFile: aside };
  try {
    await copyIndex(index, aside);
    const refresh = git(there, ["update-index", "-q", "--refresh"], { accept: [0, 1], timeoutMs: LIMIT_MS });
    // Without it git reads the files each time, as it does with the index itself.
    const isFresh = await refresh.then(
      () => true,
      () => false,
    );
    if (!isFresh) return await work(place, () => Promise.resolve());
    const result = await work(there, () => setFileTime(aside, nowMs + 2_000));
    await setFileTime(aside, nowMs - TICK_MS);
    const now = await statIfExists(index);
    // A judgement in the meantime has written its own.
    if (now?.ino === before.ino && now.mtimeMs === before.mtimeMs && now.ctimeMs === before.ctimeMs) {
      await flushFiles([aside]);
      await renameOver(aside, index);
    }
    return result;
  } finally {
    await removeFile(aside);
    await removeFile(`${aside}.lock`);
  }
}
