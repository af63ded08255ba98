import { join } from "node:path";
import { renameOver, statIfExists } from "../host/files.ts";
import { flushFiles } from "../host/flush-files.ts";
import { ChantError } from "../kit/errors.ts";
import { bringFiles, type Change } from "./bring-files.ts";
import { copyIndex } from "./copy-index.ts";
import { dropIndexLock, type IndexLock, inheritIndexLock, removeStaleIndexLock } from "./home-lock.ts";
import { forgetIntent, type Intent, readIntent } from "./intent.ts";
import { git, type GitPlace } from "./program.ts";
import { isAncestor, nothing, readRef, swapRef } from "./refs.ts";
import { checkoutsOf, type Repository } from "./repository.ts";
import { readablePath } from "./tree.ts";

/**
 * Brings a landing that was cut off to its end. Called by whoever holds the land lock, before anything else; without
 * something left over it costs a look at two files. Returns whether there was something.
 *
 * The branch that is checked out decides: where it can still get to the new commit, or got there, the files go
 * forward; where somebody moved it elsewhere, or switched to another one, they go back. File by file, only content that
 * is the old, the new, or a beginning of the new is chant's; anything else is the user's edit and stays.
 * @param waitMs how long a git of the user's may hold its index lock before that is told, in milliseconds
 * @throws ChantError LANDING_WAITS
 */
export async function recoverPublish(repo: Repository, waitMs = 10_000): Promise<boolean> {
  let wasStale = false;
  const intent = await readIntent(repo);
  for (const checkout of await checkoutsOf(repo)) {
    // The one on the landing's own checkout is inherited: nobody else gets in between.
    if (checkout.gitDir === intent?.gitDir) continue;
    if (await removeStaleIndexLock(checkout.gitDir)) wasStale = true;
  }
  if (intent === undefined) return wasStale;
  const lock =
    (await statIfExists(intent.gitDir)) === undefined
      ? undefined
      : await inheritIndexLock(intent.gitDir, waitMs);
  if (lock === "busy") {
    throw cutOff(lockOf(intent));
  }
  try {
    await finishLanding(repo, intent, lock);
  } finally {
    if (lock !== undefined) await dropIndexLock(lock);
  }
  return true;
}

/** The caller holds the index lock of the landing's checkout, where that is still there. */
async function finishLanding(repo: Repository, intent: Intent, lock: IndexLock | undefined): Promise<void> {
  const { ref, from, to } = intent;
  // A branch that git keeps locked cannot get there now: then what the landing did to the files is taken back.
  const isLocked = (await statIfExists(join(repo.commonDir, `${ref}.lock`))) !== undefined;
  if (!isLocked && (await readRef(repo, ref)) === from) {
    await swapRef(repo, ref, to, from, "chant: landing finished after an interruption");
  }
  const checkouts = await checkoutsOf(repo);
  const checkout = checkouts.find((each) => each.gitDir === intent.gitDir);
  if (lock !== undefined && checkout !== undefined && (await statIfExists(checkout.path)) !== undefined) {
    // A user who switched to another branch meanwhile has taken along what the landing had written by then.
    const reached = await readRef({ ...repo, commonDir: checkout.gitDir }, "HEAD");
    const isForward = reached !== undefined && (await isAncestor(repo, to, reached));
    if (isForward) await bringForward(repo, intent, reached, lock);
    else await bringBack(repo, intent, reached);
  }
  await forgetIntent(repo);
}

const lockOf = ({ gitDir }: Intent): string => join(gitDir, "index.lock");

const cutOff = (lock: string): ChantError =>
  new ChantError("LANDING_WAITS", `A landing was cut off, and git holds ${lock}: it cannot be finished.`, {
    hint: "If no git command runs there any more, remove that file, then try again.",
  });

/** Tells whether a landing was cut off, and changes nothing. */
export const isCutOff = async (repo: Repository): Promise<boolean> => (await readIntent(repo)) !== undefined;

/** Says why a landing that was cut off cannot be finished now, in a sentence; undefined when there is none, or it can. */
export async function whyNotRecovered(repo: Repository): Promise<string | undefined> {
  const intent = await readIntent(repo);
  if (intent === undefined || (await statIfExists(lockOf(intent))) === undefined) return undefined;
  return cutOff(lockOf(intent)).message;
}

/** Takes back what a landing did to the checkout before its branch was moved. The caller holds the index lock. */
export async function undoPublish(repo: Repository, intent: Intent): Promise<void> {
  await bringBack(repo, intent, await readRef(repo, intent.ref));
  await forgetIntent(repo);
}

/** Files and index as after the landing. */
async function bringForward(
  repo: Repository,
  intent: Intent,
  reached: string,
  lock: IndexLock,
): Promise<void> {
  const index = join(intent.gitDir, "index");
  await copyIndex(index, lock.copy);
  const place = placeOf(intent, lock.copy);
  const staged = await readIndex(place);
  const { leftOut } = staged;
  const changes = await bringFiles(repo, intent, place, { isForward: true, reached, leftOut });
  await bringIndex(repo, place, changes, staged);
  await flushFiles([lock.copy]);
  await renameOver(lock.copy, index);
}

/** Files as before the landing; the index was not changed yet. */
async function bringBack(repo: Repository, intent: Intent, reached: string | undefined): Promise<void> {
  const place = placeOf(intent, join(intent.gitDir, "index"));
  const { leftOut } = await readIndex(place);
  await bringFiles(repo, intent, place, { isForward: false, reached, leftOut });
}

const placeOf = (intent: Intent, indexFile: string): GitPlace => ({
  gitDir: intent.gitDir,
  workTree: intent.checkout,
  indexFile,
  config: "user",
});

/** What stands in the index. */
interface Staged {
  /** Mode and object by raw path; a path that is in conflict has something else. */
  readonly entries: ReadonlyMap<string, string>;
  /** Paths (readable) that a sparse checkout leaves out. */
  readonly leftOut: ReadonlySet<string>;
}

async function readIndex(place: GitPlace): Promise<Staged> {
  const out = (await git(place, ["ls-files", "-s", "-t", "-z"])).stdout.toString("latin1");
  const entries = new Map<string, string>();
  const leftOut = new Set<string>();
  for (const line of out.split("\0")) {
    const [, tag, entry = "", stage, path = ""] = /^(\S) (\d+ [0-9a-f]+) (\d)\t(.+)$/s.exec(line) ?? [];
    entries.set(path, stage === "0" ? entry : "in conflict");
    if (tag === "S") leftOut.add(readablePath(path));
  }
  return { entries, leftOut };
}

/** The landing's entries, but for paths where something of the user's is staged: it stays so. */
async function bringIndex(
  repo: Repository,
  place: GitPlace,
  changes: readonly Change[],
  { entries, leftOut }: Staged,
): Promise<void> {
  const lines = changes.flatMap(({ path, old, now, onBranch }) => {
    const staged = entries.get(path);
    if (staged === entryOf(onBranch) || (staged !== entryOf(old) && staged !== entryOf(now))) return [];
    return [`${entryOf(now) ?? `0 ${nothing(repo)}`}\t${path}\0`];
  });
  if (lines.length > 0) {
    await git(place, ["update-index", "-z", "--index-info"], {
      input: Buffer.from(lines.join(""), "latin1"),
    });
  }
  const stillOut = changes.filter(({ path, now }) => now !== undefined && leftOut.has(readablePath(path)));
  if (stillOut.length > 0) {
    const input = stillOut.map(({ path }) => `${readablePath(path)}\0`).join("");
    await git(place, ["update-index", "-z", "--skip-worktree", "--stdin"], { input });
  }
  await git(place, ["update-index", "--refresh"], { accept: [0, 1] });
}

const entryOf = (side: Change["now"]): string | undefined =>
  side === undefined ? undefined : `${side.mode} ${side.oid}`;
