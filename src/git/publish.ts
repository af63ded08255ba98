import { dirname, join } from "node:path";
import { effect } from "../host/effects.ts";
import { makeFolder, readUserFile, renameOver, statIfExists, writeAtomic } from "../host/files.ts";
import { flushFiles } from "../host/flush-files.ts";
import { isChantError } from "../kit/errors.ts";
import { operationInProgress, rebasedIn } from "./busy.ts";
import { copyIndex } from "./copy-index.ts";
import { dropIndexLock, type IndexLock, takeIndexLock } from "./home-lock.ts";
import { pathsInTheWay } from "./in-the-way.ts";
import { areAsIndexed } from "./index-file.ts";
import type { IndexMemory } from "./index-memory.ts";
import { forgetIntent, writeIntent } from "./intent.ts";
import { git, type GitPlace } from "./program.ts";
import { undoPublish } from "./recover.ts";
import type { RefWriter } from "./refs.ts";
import {
  branchOfHead,
  type Checkout,
  checkoutPlace,
  checkoutsOf,
  hiddenBranch,
  type Repository,
} from "./repository.ts";
import { readablePath, type TreeDifference } from "./tree.ts";

/**
 * A file that chant itself writes in the checkout, because it stands there in a state that git would not touch:
 * untracked, staged or modified. It is replaced only while it still holds the bytes that were read.
 */
export interface OwnedFile {
  readonly path: string;
  /** What was read from disk; undefined when there was no file. */
  readonly before: Buffer | undefined;
  /** What it shall hold; undefined leaves the disk as it is: the user removed the file. */
  readonly after: Buffer | undefined;
  /** The stored objects with these contents, for recovery. */
  readonly beforeOid: string | undefined;
  readonly afterOid: string | undefined;
  /** What the commit holds at this path: other than `after` when the user's own uncommitted edit stays one. */
  readonly blob: string;
  /** Contents that may stand in the index without being lost: the last commit's, and what is on disk. */
  readonly known: readonly string[];
}

export interface Proposal {
  readonly ref: string;
  readonly from: string;
  readonly to: string;
  readonly owned: readonly OwnedFile[];
  /** The folder that all owned files are in. */
  readonly ownedBelow: string;
  readonly index: IndexMemory;
  /** What differs between the two commits' trees. */
  readonly changes: readonly TreeDifference[];
  /** For the reflog. */
  readonly reason: string;
  /** Keeps a staged version of an owned file that stands nowhere else. */
  readonly keepStaged: (path: string, oid: string) => Promise<void>;
  /** Moves the branch: `swapRef`, or the same by a git that stays. */
  readonly swap: RefWriter["swap"];
}

/**
 * What came of it. `raced`: the branch or one of the files moved meanwhile, compute again. `held`: something of the
 * user's is in the way; nothing was changed.
 */
export type Published =
  | { readonly kind: "done"; readonly userWasBusy: boolean }
  | { readonly kind: "raced"; readonly userWasBusy?: boolean }
  | {
      readonly kind: "held";
      readonly reason: string;
      readonly files: readonly string[];
      /** True when it is but a moment of the user's git. */
      readonly isPassing: boolean;
      readonly userWasBusy: boolean;
    };

/** How long to wait for a git command of the user's to finish, in milliseconds. */
const INDEX_LOCK_WAIT_MS = 1_500;

/** The checkout that is on a branch, with its index locked. */
export interface HeldCheckout {
  readonly checkout: Checkout;
  readonly lock: IndexLock & { readonly wasBusy: boolean };
}

/**
 * Locks the index of the checkout that is on a branch, so that nothing is committed there until `releaseCheckout`.
 * Undefined when there is no such checkout, or its index stays busy.
 */
export async function holdCheckout(repo: Repository, ref: string): Promise<HeldCheckout | undefined> {
  const checkout = await checkoutOn(await checkoutsOf(repo), ref);
  const lock = checkout === undefined ? undefined : await takeIndexLock(checkout.gitDir, INDEX_LOCK_WAIT_MS);
  return checkout === undefined || lock === undefined ? undefined : { checkout, lock };
}

export const releaseCheckout = (taken: HeldCheckout | undefined): Promise<void> =>
  taken === undefined ? Promise.resolve() : dropIndexLock(taken.lock);

async function checkoutOn(checkouts: readonly Checkout[], ref: string): Promise<Checkout | undefined> {
  const checkout = checkouts.find((each) => each.branch === ref);
  return checkout === undefined || (await statIfExists(checkout.path)) === undefined ? undefined : checkout;
}

/**
 * Moves a branch to a new commit, and the checkout that is on it with it, without ever overwriting an edit.
 * The caller holds the land lock and has stored every object. Steps and their order are from experiment: index.lock
 * first, everything checked, the intent flushed, the files, the branch in one step, the index last. Killed at any
 * point, `recoverPublish` brings it to its end. With `already` the index was locked before, and whoever did that lets
 * go of it.
 */
export async function publish(
  repo: Repository,
  proposal: Proposal,
  already?: HeldCheckout,
): Promise<Published> {
  let taken: HeldCheckout["lock"] | undefined;
  try {
    const checkouts = await checkoutsOf(repo);
    const rebased = await rebasedIn(checkouts, proposal.ref);
    if (rebased !== undefined) return held(`${shortRef(proposal.ref)} is being rebased in ${rebased.path}`);
    const checkout = already?.checkout ?? (await checkoutOn(checkouts, proposal.ref));
    if (checkout === undefined && (await hiddenBranch(repo)) === proposal.ref) {
      const where = `a folder that ${repo.commonDir} does not name`;
      return held(`${shortRef(proposal.ref)} is checked out in ${where}: chant work there lands on it`);
    }
    // Also a checkout that is elsewhere: to switch to the branch git takes that lock, and must not do so in between.
    const gitDir = checkout?.gitDir ?? repo.gitDir;
    if (already === undefined) taken = await takeIndexLock(gitDir, INDEX_LOCK_WAIT_MS);
    const lock = already?.lock ?? taken;
    if (lock === undefined) {
      return { ...held(await whoLocks(gitDir)), isPassing: true, userWasBusy: true };
    }
    if (checkout === undefined) {
      if ((await branchOfHead(gitDir)) === proposal.ref) return { kind: "raced" };
      const moved = await swapOrBusy(proposal);
      if (moved === "moved") return { kind: "done", userWasBusy: lock.wasBusy };
      return moved === "raced" ? { kind: "raced" } : moved;
    }
    return { ...(await withIndexLock(repo, proposal, checkout, lock)), userWasBusy: lock.wasBusy };
  } finally {
    if (taken !== undefined) await dropIndexLock(taken);
  }
}

/** A git of the user's seldom holds it for longer, in milliseconds: one that was killed leaves it. */
const OLD_LOCK_MS = 60_000;

async function whoLocks(gitDir: string): Promise<string> {
  const path = join(gitDir, "index.lock");
  const sinceMs = (await statIfExists(path))?.mtimeMs ?? Infinity;
  const isOld = Date.now() - sinceMs > OLD_LOCK_MS;
  return `another git command holds ${path}${isOld ? ": if none runs there any more, remove that file" : ""}`;
}

async function withIndexLock(
  repo: Repository,
  proposal: Proposal,
  checkout: Checkout,
  lock: IndexLock,
): Promise<Published> {
  const operation = await operationInProgress(checkout);
  if (operation !== undefined) return held(operation);
  if ((await branchOfHead(checkout.gitDir)) !== proposal.ref) return { kind: "raced" };
  const place: GitPlace = { ...checkoutPlace(checkout), indexFile: lock.copy };
  await copyIndex(join(checkout.gitDir, "index"), lock.copy);
  const { index } = proposal;
  // Under the lock the index itself stays as it is: what is staged there is looked for while the copy is made ready.
  const asLocked: GitPlace = { ...place, indexFile: join(checkout.gitDir, "index") };
  const isOurs = await index.isOurs(checkout.gitDir);
  const special = await specialFiles(checkout.path, proposal);
  const [isUnstaged, found] = await Promise.all([
    isOurs || hasNothingStaged(asLocked, proposal),
    isOurs && special.length === 0 && (await isAsLast(repo, checkout, proposal.changes))
      ? NOTHING_DIRTY
      : prepareIndex(place, special),
  ]);
  if (!isUnstaged) await keepStaged(asLocked, proposal);
  const owned = isUnstaged ? special : proposal.owned;
  const dirty = isUnstaged ? found : await prepareIndex(place, owned);
  const ownedPaths = new Set(owned.map((file) => file.path));
  const rest = proposal.changes.filter((change) => !ownedPaths.has(readablePath(change.path)));
  if (!(await stillAsRead(checkout.path, proposal.owned))) return { kind: "raced" };
  const inTheWay = [
    ...rest.map((change) => readablePath(change.path)).filter((path) => dirty.modified.has(path)),
    ...(await pathsInTheWay(checkout.path, rest)),
  ];
  if (inTheWay.length > 0) return held("local changes", inTheWay);
  if (rest.length > 0 && dirty.unmerged.length > 0) return held("an unresolved conflict", dirty.unmerged);

  const { ref, from, to } = proposal;
  const files = proposal.owned.map(({ path, beforeOid, afterOid }) => ({
    path,
    beforeOid,
    afterOid,
    ...(ownedPaths.has(path) ? {} : { isByGit: true as const }),
  }));
  const intent = {
    version: 1,
    ref,
    from,
    to,
    checkout: checkout.path,
    gitDir: checkout.gitDir,
    owned: files,
  } as const;
  await effect("publish.intent", () => writeIntent(repo, intent));
  // git checks every file before it writes the first one: a refusal has changed nothing, but for a disk that is full.
  const orUndo = async <T>(step: Promise<T>): Promise<T> => {
    try {
      return await step;
    } catch (error) {
      // What is refused now must not be done by whoever lands next. Where even that cannot be written, the intent stays.
      await undoPublish(repo, intent).catch(() => undefined);
      throw error;
    }
  };
  const refusal =
    rest.length === 0 ? undefined : await orUndo(effect("publish.files", () => readTree(place, proposal)));
  if (refusal !== undefined) {
    await undoPublish(repo, intent);
    return refusal;
  }
  const isReplaced = await orUndo(effect("publish.owned", () => replaceOwned(checkout.path, owned)));
  const moved = isReplaced ? await swapOrBusy(proposal) : "raced";
  if (moved !== "moved") {
    await undoPublish(repo, intent);
    return moved === "raced" ? { kind: "raced" } : moved;
  }
  // git flushes no files of a checkout. Without the intent nobody could tell one that a loss of power has cut off.
  const written = rest.flatMap(({ path, now }) => (now === undefined ? [] : [readablePath(path)]));
  await flushFiles([lock.copy, ...written.map((path) => join(checkout.path, path))]);
  await effect("publish.index", () => renameOver(lock.copy, join(checkout.gitDir, "index")));
  await index.remember(checkout.gitDir, isUnstaged);
  await effect("publish.done", () => forgetIntent(repo));
  return { kind: "done", userWasBusy: false };
}

function held(reason: string, files: readonly string[] = []): Published & { readonly kind: "held" } {
  return { kind: "held", reason, files: [...new Set(files)], isPassing: false, userWasBusy: false };
}

function swap(proposal: Proposal): Promise<boolean> {
  const { ref, from, to, reason } = proposal;
  return effect("publish.ref", () => proposal.swap(ref, to, from, reason));
}

/** The branch's own lock file may be held, or be left over from a git of the user's that was killed. */
async function swapOrBusy(
  proposal: Proposal,
): Promise<"moved" | "raced" | (Published & { readonly kind: "held" })> {
  try {
    return (await swap(proposal)) ? "moved" : "raced";
  } catch (error) {
    if (!isChantError(error, "GIT_FAILED") || !/\.lock': File exists/.test(error.message)) throw error;
    return { ...held(`git cannot lock ${shortRef(proposal.ref)}: ${error.message}`), isPassing: true };
  }
}

/** Paths by what git says of them. */
interface Dirty {
  readonly modified: ReadonlySet<string>;
  /** In a conflict that nobody has resolved: git takes no other commit's files in then. */
  readonly unmerged: readonly string[];
}

const NOTHING_DIRTY: Dirty = { modified: new Set(), unmerged: [] };

/** Tells whether what a landing changes surely stands in the checkout as its index has it. */
function isAsLast(
  repo: Repository,
  { path, gitDir }: Checkout,
  changes: readonly TreeDifference[],
): Promise<boolean> {
  const old = changes.flatMap((change) => (change.old === undefined ? [] : [change.path]));
  return areAsIndexed(repo, path, join(gitDir, "index"), old);
}

/**
 * Returns the owned files that git would not touch, or not in the way that is wanted. One that stands on disk as the last
 * commit has it, and is to be as the next one has it, is brought by git like any other.
 */
async function specialFiles(root: string, { owned, changes }: Proposal): Promise<readonly OwnedFile[]> {
  const byPath = new Map(changes.map((change) => [readablePath(change.path), change]));
  const isPlain = async ({ path, beforeOid, afterOid, blob }: OwnedFile): Promise<boolean> => {
    const { old, now } = byPath.get(path) ?? {};
    if (old === undefined || now === undefined || old.mode !== now.mode || afterOid !== blob) return false;
    if (old.oid !== beforeOid || now.oid !== blob || !["100644", "100755"].includes(old.mode)) return false;
    const stat = await statIfExists(join(root, path));
    return stat?.isFile() === true && (stat.mode & 0o100) === (Number.parseInt(old.mode, 8) & 0o100);
  };
  const plain = await Promise.all(owned.map(isPlain));
  return owned.filter((_, at) => plain[at] !== true);
}

/** Tells whether in the folder of the owned files the index holds what the last commit does. */
async function hasNothingStaged(place: GitPlace, { from, ownedBelow }: Proposal): Promise<boolean> {
  const args = ["diff-index", "--cached", "--quiet", from, "--", ownedBelow];
  return (await git(place, args, { accept: [0, 1] })).status === 0;
}

/** Keeps what is staged for owned files and stands nowhere else. */
async function keepStaged(place: GitPlace, proposal: Proposal): Promise<void> {
  if (proposal.owned.length === 0) return;
  const paths = proposal.owned.map((file) => file.path);
  const out = (
    await git(place, ["--literal-pathspecs", "ls-files", "-s", "-z", "--", ...paths])
  ).stdout.toString("utf8");
  for (const line of out.split("\0")) {
    const [, oid = "", path = ""] = /^\d+ ([0-9a-f]+) 0\t(.+)$/s.exec(line) ?? [];
    const file = proposal.owned.find((each) => each.path === path);
    if (file !== undefined && !file.known.includes(oid)) await proposal.keepStaged(path, oid);
  }
}

/** Puts the owned blobs into the index copy, brings its file times up to date, and returns what the user modified. */
async function prepareIndex(place: GitPlace, owned: readonly OwnedFile[]): Promise<Dirty> {
  const entries = owned.flatMap((file) => ["--cacheinfo", `100644,${file.blob},${file.path}`]);
  const result = await git(place, ["update-index", "--add", ...entries, "--refresh"], { accept: [0, 1] });
  const lines = result.stdout.toString("utf8").split("\n").slice(0, -1);
  const told = lines.flatMap((line) => {
    const [, name, need] = /^(.+): needs (update|merge)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, isUnmerged: need === "merge" }];
  });
  if (told.length === lines.length) {
    const unmerged = told.filter(({ isUnmerged }) => isUnmerged).map(({ name }) => name);
    return { modified: new Set(told.map(({ name }) => name)), unmerged };
  }
  // A name with a newline in it cannot be told from two lines.
  const list = async (...args: readonly string[]): Promise<readonly string[]> =>
    (await git(place, ["diff-files", "--name-only", "-z", ...args])).stdout
      .toString("utf8")
      .split("\0")
      .filter((name) => name !== "");
  return { modified: new Set(await list()), unmerged: await list("--diff-filter=U") };
}

async function readTree(place: GitPlace, { from, to }: Proposal): Promise<Published | undefined> {
  const args = ["read-tree", "-m", "-u", from, to];
  const result = await git(place, args, { accept: [0, 1, 128] });
  if (result.status === 0) return undefined;
  const files = [...result.stderr.matchAll(/^error: .*?'(.+?)'/gm)].map((match) => match[1] ?? "");
  if (files.length > 0) return held("local changes", files);
  // Nothing of the user's is named: a git that found no room or no memory.
  return { ...held(result.stderr.trim().replaceAll(/^(fatal|error): /gm, "")), isPassing: true };
}

async function stillAsRead(root: string, owned: readonly OwnedFile[]): Promise<boolean> {
  for (const file of owned) {
    const now = await readUserFile(join(root, file.path));
    if (now === "unreadable") return false;
    if (
      now === undefined ? file.before !== undefined : file.before === undefined || !now.equals(file.before)
    ) {
      return false;
    }
  }
  return true;
}

/** Returns false when the user saved one of them meanwhile: their edit was made without what the landing writes there. */
async function replaceOwned(root: string, owned: readonly OwnedFile[]): Promise<boolean> {
  for (const file of owned) {
    if (file.after === undefined || file.before?.equals(file.after) === true) continue;
    // Looked at once more just before the rename: an edit stays.
    const path = join(root, file.path);
    const mode = (await statIfExists(path))?.mode;
    if (!(await stillAsRead(root, [file]))) return false;
    // git removes a folder with its last file.
    await makeFolder(dirname(path));
    await writeAtomic(path, file.after, mode === undefined ? 0o644 : mode & 0o777);
  }
  return true;
}

const shortRef = (ref: string): string => ref.replace(/^refs\/heads\//, "");
