import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createAtomic, listIfExists, readIfExists, removeFile, writeAtomic } from "../host/files.ts";
import { delay } from "../host/clock.ts";
import { isAlive, isIdentity, ownIdentity, type ProcessIdentity } from "../host/identity.ts";

/**
 * git's own lock on a checkout's index. While it is held no git command of the user's changes the index, and so no
 * commit happens there. Its content says whose it is: git does not care, and after a crash chant knows its own.
 */
export interface IndexLock {
  readonly path: string;
  /** An index file of our own beside it, to be renamed into place. */
  readonly copy: string;
  /** What the lock file holds while it is this one. */
  readonly content: string;
}

const SIGN = "chant index lock ";

const COPY = "chant-index-";

/** Returns where a copy of a checkout's index is that chant works with. What a crash leaves of one is removed. */
export const indexCopy = (gitDir: string, name: string): string => join(gitDir, `${COPY}${name}`);

/** A lock of this process on a checkout's index, unlike every other one. */
function newLock(gitDir: string): IndexLock {
  const token = randomBytes(6).toString("hex");
  return {
    path: join(gitDir, "index.lock"),
    copy: indexCopy(gitDir, token),
    content: `${SIGN}${JSON.stringify({ ...ownIdentity(), token })}\n`,
  };
}

/** Takes the lock, waiting at most `waitMs`; returns undefined when somebody else holds it. */
export async function takeIndexLock(
  gitDir: string,
  waitMs: number,
): Promise<(IndexLock & { readonly wasBusy: boolean }) | undefined> {
  const lock = newLock(gitDir);
  const until = performance.now() + waitMs;
  for (let wasBusy = false; ; wasBusy = true) {
    if (await createAtomic(lock.path, lock.content)) return { ...lock, wasBusy };
    if (performance.now() > until) return undefined;
    await delay(5 + Math.random() * 10);
  }
}

/**
 * Takes the lock over from a chant that died with it, without letting go of it in between, or takes it anew. Called only
 * while no other chant can be landing.
 */
export async function inheritIndexLock(gitDir: string, waitMs: number): Promise<IndexLock | "busy"> {
  await removeCopies(gitDir);
  const lock = newLock(gitDir);
  const content = await readIfExists(lock.path);
  if (content === undefined || !isLeftBehind(content)) return (await takeIndexLock(gitDir, waitMs)) ?? "busy";
  await writeAtomic(lock.path, lock.content);
  return lock;
}

/** Lets go of it. Where another one stands by now, of a git of the user's or a later one of chant's, it stays. */
export async function dropIndexLock({ path, copy, content }: IndexLock): Promise<void> {
  await removeFile(copy);
  await removeFile(`${copy}.lock`);
  if ((await readIfExists(path)) === content) await removeFile(path);
}

/**
 * Removes what a chant that died left of its lock on a checkout, and returns whether it did. Called only while no
 * other chant can be landing. A lock of git's own is never touched.
 */
export async function removeStaleIndexLock(gitDir: string): Promise<boolean> {
  await removeCopies(gitDir);
  const path = join(gitDir, "index.lock");
  const content = await readIfExists(path);
  if (content === undefined || !isLeftBehind(content)) return false;
  await removeFile(path);
  return true;
}

/** It is written in one step: one that names nobody is damaged, and whoever took it cannot be landing. */
function holderIn(content: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(content.slice(SIGN.length));
    return isIdentity(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function removeCopies(gitDir: string): Promise<void> {
  for (const name of await listIfExists(gitDir)) {
    if (name.startsWith(COPY)) await removeFile(join(gitDir, name));
  }
}

/** Chant's own sign, of a process that is gone, or of this one, which then did not get to drop it. */
function isLeftBehind(content: string): boolean {
  if (!content.startsWith(SIGN)) return false;
  const holder = holderIn(content);
  return holder === undefined || !isAlive(holder) || holder.pid === process.pid;
}
