import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createAtomic, listIfExists, readIfExists, removeFile } from "../host/files.ts";
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
}

const SIGN = "chant index lock ";

/** Takes the lock, waiting at most `waitMs`; returns undefined when somebody else holds it. */
export async function takeIndexLock(
  gitDir: string,
  waitMs: number,
): Promise<(IndexLock & { readonly wasBusy: boolean }) | undefined> {
  const path = join(gitDir, "index.lock");
  const content = `${SIGN}${JSON.stringify(ownIdentity())}\n`;
  const until = performance.now() + waitMs;
  for (let wasBusy = false; ; wasBusy = true) {
    if (await createAtomic(path, content)) {
      return { path, copy: join(gitDir, `chant-index-${randomBytes(6).toString("hex")}`), wasBusy };
    }
    if (performance.now() > until) return undefined;
    await delay(5 + Math.random() * 10);
  }
}

export async function dropIndexLock(lock: IndexLock): Promise<void> {
  await removeFile(lock.copy);
  await removeFile(`${lock.copy}.lock`);
  await removeFile(lock.path);
}

/**
 * Removes what a chant that died left of its lock on a checkout, and returns whether it did. Called only while no
 * other chant can be landing. A lock of git's own is never touched.
 */
export async function removeStaleIndexLock(gitDir: string): Promise<boolean> {
  for (const name of await listIfExists(gitDir)) {
    if (name.startsWith("chant-index-")) await removeFile(join(gitDir, name));
  }
  const path = join(gitDir, "index.lock");
  const content = await readIfExists(path);
  if (content === undefined || !content.startsWith(SIGN)) return false;
  const holder = holderIn(content);
  if (holder !== undefined && isAlive(holder) && holder.pid !== process.pid) return false;
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
