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
import { dropIndexLock, removeStaleIndexLock, takeIndexLock } from "./home-lock.ts";
import { forgetIntent, type Intent, readIntent } from "./intent.ts";
import { ObjectReader } from "./object-reader.ts";
import { hashObject } from "./objects.ts";
import { git, type GitPlace, gitText } from "./program.ts";
import { isAncestor, nothing, readRef, swapRef } from "./refs.ts";
import { checkoutsOf, type Repository } from "./repository.ts";
import { parseCommit } from "./commit.ts";
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
  const tip = await readRef(repo, intent.ref);
  if (tip === intent.from)
    await swapRef(repo, intent.ref, intent.to, intent.from, "chant: landing finished after an interruption");
  const reached = await readRef(repo, intent.ref);
  const isForward = reached !== undefined && (await isAncestor(repo, intent.to, reached));
  await bringCheckout(repo, intent, isForward);
  await forgetIntent(repo);
  return true;
}

async function bringCheckout(repo: Repository, intent: Intent, isForward: boolean): Promise<void> {
  const checkouts = await checkoutsOf(repo);
  const checkout = checkouts.find((each) => each.gitDir === intent.gitDir);
  // The user left the branch or the folder meanwhile: git has taken its files with it.
  if (checkout?.branch !== intent.ref || (await statIfExists(checkout.path)) === undefined) return;
  const lock = await takeIndexLock(intent.gitDir, 10_000);
  if (lock === undefined)
    throw new Error(`${join(intent.gitDir, "index.lock")} is held, a landing there waits to be finished`);
  try {
    using reader = new ObjectReader(repo);
    const place: GitPlace = {
      gitDir: intent.gitDir,
      workTree: intent.checkout,
      indexFile: lock.copy,
      config: "user",
    };
    await copyIfExists(join(intent.gitDir, "index"), lock.copy);
    const trees = new Trees(repo, reader);
    const [before, after] = await Promise.all([treeOf(reader, intent.from), treeOf(reader, intent.to)]);
    const owned = new Map(intent.owned.map((file) => [file.path, file]));
    const rewrite: string[] = [];
    const entries: string[] = [];
    for (const change of await trees.diff(before, after)) {
      const path = readablePath(change.path);
      const wanted = isForward ? change.now : change.old;
      const mine = owned.get(path);
      if (mine !== undefined) {
        await bringOwned(repo, reader, join(intent.checkout, path), isForward, mine);
      } else if (await isOurs(repo, reader, place, intent.checkout, path, change)) {
        if (wanted === undefined) await removeFile(join(intent.checkout, path));
        else rewrite.push(path);
      } else {
        continue;
      }
      // Going back, an owned file is again as it stood: its place in the index was never touched.
      if (mine !== undefined && !isForward) continue;
      entries.push(`${wanted?.mode ?? "0"} ${wanted?.oid ?? nothing(repo)}\t${path}`);
    }
    if (entries.length > 0) {
      await git(place, ["update-index", "-z", "--index-info"], {
        input: entries.map((entry) => `${entry}\0`).join(""),
      });
    }
    if (rewrite.length > 0) {
      await git(place, ["checkout-index", "-f", "-q", "-z", "--stdin"], {
        input: rewrite.map((path) => `${path}\0`).join(""),
      });
    }
    await git(place, ["update-index", "-q", "--refresh"], { accept: [0, 1] });
    await renameOver(lock.copy, join(intent.gitDir, "index"));
  } finally {
    await dropIndexLock(lock);
  }
}

async function treeOf(reader: ObjectReader, commit: string): Promise<string> {
  return parseCommit((await reader.require(commit)).content).tree;
}

/** Tells whether a file on disk is as the landing found it, made it, or was making it when it was cut off. */
async function isOurs(
  repo: Repository,
  reader: ObjectReader,
  place: GitPlace,
  root: string,
  path: string,
  change: TreeDifference,
): Promise<boolean> {
  const stat = await statIfExists(join(root, path));
  if (stat === undefined) {
    // Missing: read-tree removes before it writes, so either side may look like this.
    return true;
  }
  if (!stat.isFile()) return stat.isSymbolicLink();
  const bytes = (await readBytesIfExists(join(root, path))) ?? Buffer.alloc(0);
  const oids = [change.old?.oid, change.now?.oid].filter((oid) => oid !== undefined);
  if (oids.includes(hashObject(repo.hash, "blob", bytes))) return true;
  // Through the user's filters and line ends the same content may look different on disk.
  const cleaned = await gitText(place, ["hash-object", `--path=${path}`, "--stdin"], { input: bytes });
  if (oids.includes(cleaned)) return true;
  const now = change.now === undefined ? undefined : await reader.read(change.now.oid);
  return now !== undefined && now.content.subarray(0, bytes.length).equals(bytes);
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
