import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  type BigIntStats,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { cp, open, realpath, rm, symlink, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ChantError } from "../kit/errors.ts";

/** Returns true when `error` is a system error with one of the given codes, such as ENOENT. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** Returns true for whatever the system refused, of files as of processes. */
export const isSystemError = (error: unknown): error is Error =>
  error instanceof Error && "syscall" in error && "code" in error;

/*
 * Small files and folders are handled by synchronous calls behind asynchronous signatures: a landing makes some fifty
 * of them one after the other, and each trip through the thread pool costs several times the call itself.
 */

/** Returns the file's text, or undefined when there is no such file. */
export async function readIfExists(path: string): Promise<string | undefined> {
  return (await readBytesIfExists(path))?.toString("utf8");
}

/** Returns the file's bytes, or undefined when there is no such file. */
export async function readBytesIfExists(path: string): Promise<Buffer | undefined> {
  try {
    return readFileSync(path);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/**
 * Returns the bytes of a file of the user's, or undefined when there is none; "unreadable" for a folder, a pipe and the
 * like, for what this user may not read, and for more than memory takes.
 */
export async function readUserFile(path: string): Promise<Buffer | "unreadable" | undefined> {
  const stat = await statIfExists(path);
  if (stat === undefined) return undefined;
  if (!stat.isFile() && !stat.isSymbolicLink()) return "unreadable";
  try {
    return await readBytesIfExists(path);
  } catch (error) {
    if (!hasCode(error, ...UNREADABLE)) throw error;
    return "unreadable";
  }
}

const UNREADABLE = ["EISDIR", "EACCES", "EPERM", "ELOOP", "ENXIO", "ERR_FS_FILE_TOO_LARGE"];

/** Returns what stands at `path`, links not followed, or undefined when nothing does. */
export async function statIfExists(path: string): Promise<Stats | undefined> {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** The same with times to the nanosecond; undefined also where nobody may look. */
export function exactStat(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Returns what is in a folder, and what of it are folders; undefined where it cannot be read. */
export function kindsIn(
  path: string,
): readonly { readonly name: string; readonly isFolder: boolean }[] | undefined {
  try {
    return readdirSync(path, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isFolder: entry.isDirectory(),
    }));
  } catch {
    return undefined;
  }
}

/** Returns the names in a folder, or none when there is no such folder. */
export async function listIfExists(path: string): Promise<readonly string[]> {
  try {
    return readdirSync(path);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

/**
 * Replaces a file in one step: written aside in the same folder, flushed, renamed, the folder flushed.
 * A crash leaves the old or the new content, and at most a stray `.tmp-` file, or `aside` where that is given: a file in
 * the same folder that must not be there yet.
 */
export async function writeAtomic(
  path: string,
  data: string | Uint8Array,
  mode = 0o644,
  aside = asideOf(path),
): Promise<void> {
  writeAside(aside, path, data, mode);
  try {
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { force: true });
    throw diskFull(error, path) ?? error;
  }
  syncFolder(dirname(path));
}

/** Creates a file in one step, with its whole content; returns false when something is there already. */
export async function createAtomic(path: string, data: string | Uint8Array, mode = 0o644): Promise<boolean> {
  const aside = asideOf(path);
  writeAside(aside, path, data, mode);
  try {
    linkSync(aside, path);
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw diskFull(error, path) ?? error;
  } finally {
    rmSync(aside, { force: true });
  }
  syncFolder(dirname(path));
  return true;
}

const asideOf = (path: string): string => join(dirname(path), `.tmp-${randomBytes(8).toString("hex")}`);

function writeAside(aside: string, path: string, data: string | Uint8Array, mode: number): void {
  try {
    const file = openSync(aside, "wx", mode);
    try {
      writeFileSync(file, data);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    rmSync(aside, { force: true });
    throw diskFull(error, path) ?? error;
  }
}

/** Returns what to tell the user when there was no space to write a file, or undefined when it was something else. */
export function diskFull(error: unknown, path: string): ChantError | undefined {
  if (!hasCode(error, "ENOSPC", "EDQUOT")) return undefined;
  return new ChantError("DISK_FULL", `There is no space left to write ${path}.`, {
    hint: "Nothing was changed. Free some space, then try again.",
    cause: error,
  });
}

/** Makes a change that needs space. */
function withSpace<T>(path: string, change: () => T): T {
  try {
    return change();
  } catch (error) {
    throw diskFull(error, path) ?? error;
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } catch (error) {
    // Some filesystems do not flush folders; there the rename itself is all that can be had.
    if (!hasCode(error, "EINVAL", "ENOTSUP", "EPERM")) throw error;
  } finally {
    closeSync(folder);
  }
}

/** Makes a folder that must not exist yet, for this user alone; returns false when something is there already. */
export async function makeFolderExclusive(path: string): Promise<boolean> {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw diskFull(error, path) ?? error;
  }
}

/** Makes a folder and its parents, when missing. */
export async function makeFolder(path: string): Promise<void> {
  withSpace(path, () => mkdirSync(path, { recursive: true }));
}

/** Removes one file; missing is fine. */
export async function removeFile(path: string): Promise<void> {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (!hasCode(error, "ENOTDIR")) throw error;
  }
}

/** Removes a folder when it is empty or missing; returns whether it is gone. */
export async function removeEmptyFolder(path: string): Promise<boolean> {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return true;
    if (hasCode(error, "ENOTEMPTY", "EEXIST", "ENOTDIR", "EACCES", "EPERM")) return false;
    throw error;
  }
}

/**
 * Removes a folder with all that is in it, never following a link. Only for folders that chant itself made and whose
 * content is kept elsewhere: see `src/git/worktree.ts`, its only caller for worktrees.
 */
export async function removeTree(path: string): Promise<void> {
  const found = await statIfExists(path);
  if (found === undefined) return;
  if (!found.isDirectory()) return unlink(path);
  await rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 20 });
}

/** The most that a file written by an agent may hold, in bytes. */
const UNTRUSTED_LIMIT_BYTES = 64 * 1024;

/**
 * Reads a small file that someone else may have prepared: no links, pipes, devices or second names are followed, and
 * at most `limitBytes` are read. Returns undefined when there is no such file or it is not of that kind.
 */
export async function readUntrusted(
  path: string,
  limitBytes = UNTRUSTED_LIMIT_BYTES,
): Promise<string | undefined> {
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const found = await file.stat();
    if (!found.isFile() || found.nlink !== 1 || found.size > limitBytes) return undefined;
    const buffer = Buffer.alloc(found.size);
    const { bytesRead } = await file.read(buffer, 0, found.size, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Returns the path with every link in it resolved. */
export function realPath(path: string): Promise<string> {
  return realpath(path);
}

/** Writes a file that can be made again at any time: not flushed, not in one step. */
export async function writePlain(path: string, data: string | Uint8Array, mode = 0o644): Promise<void> {
  withSpace(path, () => writeFileSync(path, data, { mode }));
}

/** Copies a regular file over another; a missing one is left out. Returns whether there was one. */
export async function copyIfExists(from: string, to: string): Promise<boolean> {
  try {
    withSpace(to, () => copyFileSync(from, to, constants.COPYFILE_FICLONE));
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "EISDIR")) return false;
    throw error;
  }
}

/** Sets when a file was read and written last, in milliseconds since 1970. */
export async function setFileTime(path: string, atMs: number): Promise<void> {
  utimesSync(path, atMs / 1_000, atMs / 1_000);
}

/** Renames a file over another on the same filesystem. */
export async function renameOver(from: string, to: string): Promise<void> {
  withSpace(to, () => renameSync(from, to));
}

/** Appends lines to a file, making it and its folder when missing. Not flushed. */
export async function appendLines(path: string, lines: readonly string[]): Promise<void> {
  const text = lines.map((line) => `${line}\n`).join("");
  try {
    appendFileSync(path, text);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw diskFull(error, path) ?? error;
    await makeFolder(dirname(path));
    appendFileSync(path, text);
  }
}

/**
 * Appends lines at once, before it returns; a folder that is missing is made, its parents are not. Lines of whoever else
 * appends stand before or behind them, never between.
 */
export function appendLinesNow(path: string, lines: readonly string[]): void {
  const text = lines.map((line) => `${line}\n`).join("");
  try {
    appendFileSync(path, text);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
    mkdirSync(dirname(path));
    appendFileSync(path, text);
  }
}

/** Cuts a file off after so many bytes; that needs no space. */
export async function cutTo(path: string, bytes: number): Promise<void> {
  truncateSync(path, bytes);
}

/** Returns where a symbolic link points, as its bytes. */
export async function readLinkTarget(path: string): Promise<Buffer> {
  return readlinkSync(path, { encoding: "buffer" });
}

/** Makes a symbolic link; returns false when something is at `path` already. */
export async function makeLink(path: string, target: string): Promise<boolean> {
  try {
    await symlink(target, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw diskFull(error, path) ?? error;
  }
}

/**
 * Copies a file or a folder with all that is in it; links are copied as links, what is there already stays. Of each link
 * `mayCopyLink` is asked.
 */
export async function copyInto(
  from: string,
  to: string,
  mayCopyLink: (path: string) => Promise<boolean>,
): Promise<void> {
  await cp(from, to, {
    recursive: true,
    force: false,
    errorOnExist: false,
    verbatimSymlinks: true,
    filter: async (path) => (lstatSync(path).isSymbolicLink() ? mayCopyLink(path) : true),
  });
}
