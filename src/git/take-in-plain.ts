import { basename, dirname, join } from "node:path";
import {
  exactStat,
  readBytesIfExists,
  readIfExists,
  renameOver,
  setFileTime,
  statIfExists,
  writePlain,
} from "../host/files.ts";
import { flushFiles } from "../host/flush-files.ts";
import { formatIndex, type IndexEntry, readSmallIndex, statOf, TICK_MS } from "./index-file.ts";
import { type NewObject, newObject, storeObjects } from "./objects.ts";
import type { GitPlace } from "./program.ts";
import type { Repository } from "./repository.ts";
import { rawPath, readablePath } from "./tree.ts";

/** What most agents leave is some files of some kilobytes; more of them are git's. */
const MOST_FILES = 100;
const LARGEST_BYTES = 256 * 1024;

/** Settings under which a file's bytes are its blob, as they stand in the config of a shadow. */
const PLAIN_SETTING =
  /^\t(?:repositoryformatversion|bare|objectformat|excludesfile|attributesfile)\b|^\tfilemode = "?true"?$/;

/** What a case-blind or another system's filesystem takes for `.git`: such a name git takes into no index. */
const LIKE_DOT_GIT = /(?:^|\/)(?:\.git|git~1)[ .]*(?:$|[:\\/])/i;

/**
 * Does what `takeIn` does, in process, for a few plain files (by raw paths) of a small worktree that an agent has left:
 * where neither settings nor attributes change what goes into a blob. Returns false, with nothing done, for whatever git
 * may see otherwise. The index gets the time at which the list of paths was begun, in milliseconds since 1970: what was
 * written since then, git reads again.
 */
export async function takeInPlain(
  repo: Repository,
  place: GitPlace,
  paths: readonly string[],
  listedMs: number,
): Promise<boolean> {
  const { gitDir, workTree, indexFile } = place;
  if (workTree === undefined || indexFile === undefined || paths.length > MOST_FILES) return false;
  const entries = await readSmallIndex(repo, indexFile);
  if (entries === undefined || !(await isPlainPlace(gitDir, workTree, entries, paths))) return false;
  const after = new Map(entries.map((entry) => [entry.path, entry]));
  const objects: NewObject[] = [];
  for (const path of paths) {
    const taken = await takeFile(repo, workTree, path);
    if (taken === "unusual") return false;
    after.delete(path);
    if (taken === "missing") continue;
    after.set(path, taken.entry);
    objects.push(taken.object);
  }
  if (hasFileAsFolder(after)) return false;
  await storeObjects(repo, objects);
  const aside = `${indexFile}-plain`;
  await writePlain(aside, formatIndex([...after.values()], repo.hash));
  await setFileTime(aside, listedMs - TICK_MS);
  await flushFiles([aside]);
  await renameOver(aside, indexFile);
  return true;
}

async function isPlainPlace(
  gitDir: string,
  workTree: string,
  entries: readonly IndexEntry[],
  paths: readonly string[],
): Promise<boolean> {
  const config = (await readIfExists(join(gitDir, "config"))) ?? "";
  const settings = config.split("\n").filter((line) => line.startsWith("\t"));
  if (!settings.every((line) => PLAIN_SETTING.test(line))) return false;
  for (const file of [join(gitDir, "attributes"), join(gitDir, "info", "attributes")]) {
    if (((await readIfExists(file)) ?? "").trim() !== "") return false;
  }
  if ([...entries.map(({ path }) => path), ...paths].some((path) => basename(path) === ".gitattributes")) {
    return false;
  }
  // One that git ignores counts as well.
  for (const folder of foldersOf(paths)) {
    if ((await statIfExists(join(workTree, folder, ".gitattributes"))) !== undefined) return false;
  }
  return true;
}

/** Returns all folders that some paths (raw) are in, readable, the top one as "". */
function foldersOf(paths: readonly string[]): ReadonlySet<string> {
  const folders = new Set([""]);
  for (const path of paths) {
    for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
      folders.add(readablePath(folder));
    }
  }
  return folders;
}

type Taken =
  | { readonly entry: IndexEntry; readonly object: NewObject }
  | "missing"
  /** A link, a folder, something behind a link, a large file, a name that is no UTF-8, or a file that changes now. */
  | "unusual";

async function takeFile(repo: Repository, workTree: string, path: string): Promise<Taken> {
  const readable = readablePath(path);
  // To some filesystems there are characters in a name that are none.
  if (rawPath(readable) !== path || LIKE_DOT_GIT.test(path.replaceAll(/[^ -~]/g, ""))) return "unusual";
  for (const folder of foldersOf([path])) {
    const stat = await statIfExists(join(workTree, folder));
    if (stat === undefined) return "missing";
    if (!stat.isDirectory()) return "unusual";
  }
  const file = join(workTree, readable);
  const stat = exactStat(file);
  if (stat === undefined) return "missing";
  if (!stat.isFile() || stat.size > LARGEST_BYTES) return "unusual";
  const bytes = await readBytesIfExists(file);
  const now = exactStat(file);
  const isSame = now?.mtimeNs === stat.mtimeNs && now.ctimeNs === stat.ctimeNs;
  if (bytes === undefined || !isSame || BigInt(bytes.length) !== stat.size) return "unusual";
  const object = newObject(repo.hash, "blob", bytes);
  const mode = (stat.mode & 0o100n) === 0n ? "100644" : "100755";
  return { object, entry: { path, mode, oid: object.oid, ...statOf(stat) } };
}

/** Tells whether a file stands where another one's folder is. */
function hasFileAsFolder(entries: ReadonlyMap<string, IndexEntry>): boolean {
  for (const path of entries.keys()) {
    for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
      if (entries.has(folder)) return true;
    }
  }
  return false;
}
