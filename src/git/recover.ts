import { dirname, join } from "node:path";
import {
  copyIfExists,
  makeFolder,
  readBytesIfExists,
  removeFile,
  renameOver,
  statIfExists,
  writeAtomic,
} from "../host/files.ts";
import { parseCommit } from "./commit.ts";
import { dropIndexLock, removeStaleIndexLock, takeIndexLock } from "./home-lock.ts";
import { forgetIntent, type Intent, readIntent } from "./intent.ts";
import { ObjectReader } from "./object-reader.ts";
import { hashObject } from "./objects.ts";
import { git, type GitPlace, gitText } from "./program.ts";
import { isAncestor, nothing, readRef, swapRef } from "./refs.ts";
import { checkoutsOf, type Repository } from "./repository.ts";
import { readablePath, type TreeDifference, Trees } from "./tree.ts";

/**
 * Brings a landing that was cut off to its end. Called by whoever holds the land lock, before anything else; without
 * something left over it costs a look at two files. Returns whether there was something.
 *
 * The branch decides: where it can still get to the new commit, or got there, the files go forward; where somebody
 * moved it elsewhere, they go back. File by file, only content that is the old, the new, or a beginning of the new
 * is chant's; anything else is the user's edit and stays.
 */
export async function recoverPublish(repo: Repository): Promise<boolean> {
  let wasStale = false;
  for (const checkout of await checkoutsOf(repo)) {
    if (await removeStaleIndexLock(checkout.gitDir)) wasStale = true;
  }
  const intent = await readIntent(repo);
  if (intent === undefined) return wasStale;
  const { ref, from, to } = intent;
  if ((await readRef(repo, ref)) === from) {
    await swapRef(repo, ref, to, from, "chant: landing finished after an interruption");
  }
  const reached = await readRef(repo, ref);
  const isForward = reached !== undefined && (await isAncestor(repo, to, reached));
  const checkouts = await checkoutsOf(repo);
  const checkout = checkouts.find((each) => each.gitDir === intent.gitDir);
  // The user left the branch or the folder meanwhile: git has taken its files with it.
  if (checkout?.branch === ref && (await statIfExists(checkout.path)) !== undefined) {
    if (isForward) await bringForward(repo, intent);
    else await bringBack(repo, intent);
  }
  await forgetIntent(repo);
  return true;
}

/** Takes back what a landing did to the checkout before its branch was moved. The caller holds the index lock. */
export async function undoPublish(repo: Repository, intent: Intent): Promise<void> {
  await bringBack(repo, intent);
  await forgetIntent(repo);
}

/** Files and index as after the landing. */
async function bringForward(repo: Repository, intent: Intent): Promise<void> {
  const lock = await takeIndexLock(intent.gitDir, 10_000);
  if (lock === undefined) {
    throw new Error(`${join(intent.gitDir, "index.lock")} is held, and a landing there has to be finished`);
  }
  try {
    await copyIfExists(join(intent.gitDir, "index"), lock.copy);
    const place = placeOf(intent, lock.copy);
    const { changes } = await bringFiles(repo, intent, place, true);
    const staged = await stagedOids(place, changes);
    const entries = changes.flatMap(({ path, old, now }) => {
      const name = readablePath(path);
      const oid = staged.get(name);
      // Something else of the user's is staged there: it stays so.
      if (oid !== undefined && oid !== old?.oid && oid !== now?.oid) return [];
      return [`${now?.mode ?? "0"} ${now?.oid ?? nothing(repo)}\t${name}\0`];
    });
    if (entries.length > 0) {
      await git(place, ["update-index", "-z", "--index-info"], { input: entries.join("") });
    }
    await git(place, ["update-index", "--refresh"], { accept: [0, 1] });
    await renameOver(lock.copy, join(intent.gitDir, "index"));
  } finally {
    await dropIndexLock(lock);
  }
}

/** Files as before the landing; the index was not changed yet. */
async function bringBack(repo: Repository, intent: Intent): Promise<void> {
  const index = join(intent.gitDir, "index");
  await bringFiles(repo, intent, placeOf(intent, index), false);
}

const placeOf = (intent: Intent, indexFile: string): GitPlace => ({
  gitDir: intent.gitDir,
  workTree: intent.checkout,
  indexFile,
  config: "user",
});

async function bringFiles(
  repo: Repository,
  intent: Intent,
  place: GitPlace,
  isForward: boolean,
): Promise<{ readonly changes: readonly TreeDifference[] }> {
  using reader = new ObjectReader(repo);
  const trees = new Trees(repo, reader);
  const [before, after] = await Promise.all([treeOf(reader, intent.from), treeOf(reader, intent.to)]);
  const changes = await trees.diff(before, after);
  const owned = new Map(intent.owned.map((file) => [file.path, file]));
  for (const change of changes) {
    const path = readablePath(change.path);
    const file = join(intent.checkout, path);
    const wanted = isForward ? change.now : change.old;
    const mine = owned.get(path);
    if (mine !== undefined) {
      await bringOwned(repo, reader, file, isForward, mine);
    } else if ((await stateOf(repo, reader, place, file, change, wanted?.oid)) === "ours") {
      await removeFile(file);
      if (wanted !== undefined) await writeThroughFilters(place, path, wanted);
    }
  }
  return { changes };
}

/** Writes one file of a commit into the checkout as the user's git would: line ends, filters, mode, links. */
async function writeThroughFilters(
  place: GitPlace,
  path: string,
  entry: { readonly mode: string; readonly oid: string },
): Promise<void> {
  const aside: GitPlace = { ...place, indexFile: `${place.indexFile ?? ""}.one` };
  try {
    await git(aside, ["update-index", "-z", "--index-info"], {
      input: `${entry.mode} ${entry.oid}\t${path}\0`,
    });
    await git(aside, ["checkout-index", "-f", "-q", "-z", "--stdin"], { input: `${path}\0` });
  } finally {
    await removeFile(aside.indexFile ?? "");
  }
}

async function treeOf(reader: ObjectReader, commit: string): Promise<string> {
  return parseCommit((await reader.require(commit)).content).tree;
}

/**
 * Tells whether a file is as wanted already, or as the landing found it, made it, or was making it when it was cut
 * off (ours to change), or something else: the user's.
 */
async function stateOf(
  repo: Repository,
  reader: ObjectReader,
  place: GitPlace,
  file: string,
  change: TreeDifference,
  wanted: string | undefined,
): Promise<"as_wanted" | "ours" | "theirs"> {
  const stat = await statIfExists(file);
  // Missing: git removes a file before it writes it, so either side may look like this.
  if (stat === undefined) return wanted === undefined ? "as_wanted" : "ours";
  if (stat.isSymbolicLink()) return "ours";
  if (!stat.isFile()) return "theirs";
  const bytes = (await readBytesIfExists(file)) ?? Buffer.alloc(0);
  const sides = [change.old?.oid, change.now?.oid].filter((oid) => oid !== undefined);
  let oid = hashObject(repo.hash, "blob", bytes);
  if (!sides.includes(oid)) {
    // Through the user's filters and line ends the same content may look different on disk.
    const path = readablePath(change.path);
    oid = await gitText(place, ["hash-object", `--path=${path}`, "--stdin"], { input: bytes });
  }
  if (oid === wanted) return "as_wanted";
  if (sides.includes(oid)) return "ours";
  const now = change.now === undefined ? undefined : await reader.read(change.now.oid);
  return now !== undefined && now.content.subarray(0, bytes.length).equals(bytes) ? "ours" : "theirs";
}

/** An owned file holds one content or the other, whole; anything else the user has written since, and it stays. */
async function bringOwned(
  repo: Repository,
  reader: ObjectReader,
  file: string,
  isForward: boolean,
  oids: Intent["owned"][number],
): Promise<void> {
  const bytes = await readBytesIfExists(file);
  const oid = bytes === undefined ? undefined : hashObject(repo.hash, "blob", bytes);
  const [from, to] = isForward ? [oids.beforeOid, oids.afterOid] : [oids.afterOid, oids.beforeOid];
  if (oid !== from || oids.afterOid === undefined) return;
  if (to === undefined) return removeFile(file);
  await makeFolder(dirname(file));
  await writeAtomic(file, (await reader.require(to)).content);
}

/** What stands in the index at the changed paths. */
async function stagedOids(
  place: GitPlace,
  changes: readonly TreeDifference[],
): Promise<ReadonlyMap<string, string>> {
  if (changes.length === 0) return new Map();
  const out = (await git(place, ["ls-files", "-s", "-z"])).stdout.toString("utf8");
  const wanted = new Set(changes.map((change) => readablePath(change.path)));
  const found = new Map<string, string>();
  for (const line of out.split("\0")) {
    const [, oid = "", path = ""] = /^\d+ ([0-9a-f]+) 0\t(.+)$/s.exec(line) ?? [];
    if (wanted.has(path)) found.set(path, oid);
  }
  return found;
}
