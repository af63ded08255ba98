import { createHash } from "node:crypto";
import { join } from "node:path";
import { exactStat, kindsIn, readBytesIfExists } from "../host/files.ts";
import { ObjectReader } from "./object-reader.ts";
import { storeObjects } from "./objects.ts";
import type { Repository } from "./repository.ts";
import { LINK_MODE, rawPath, readablePath, Trees } from "./tree.ts";

/*
 * git's index, read in process. To list what has changed in a small worktree, or to write its tree, takes git mostly the
 * time of its own start. Whatever is unusual here (a large index, another version, a conflict, a flag) is left to git.
 */

/** The largest index that counts as small, in bytes: some hundreds of files. */
export const SMALL_BYTES = 40_000;

/** What the index notes of a file's stat. Times in nanoseconds since 1970; numbers of 32 bits, as the format has them. */
interface IndexStat {
  readonly ctimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly dev: number;
  readonly ino: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
}

/** One path as the index has it. */
export interface IndexEntry extends IndexStat {
  /** Raw: a character a byte. */
  readonly path: string;
  /** Octal, as in a tree. */
  readonly mode: string;
  readonly oid: string;
}

const HEADER_BYTES = 12;
const STAT_BYTES = 40;
const VERSION = 2;
const SECOND_NS = 1_000_000_000n;
const CHECKSUM_BYTES = { sha1: 20, sha256: 32 } as const;

/** Reads an index file by git's documented format; undefined for what is unusual in any way. */
export function parseIndex(bytes: Buffer, hash: Repository["hash"]): readonly IndexEntry[] | undefined {
  const width = CHECKSUM_BYTES[hash];
  const end = bytes.length - width;
  if (end < HEADER_BYTES || bytes.toString("latin1", 0, 4) !== "DIRC") return undefined;
  if (bytes.readUInt32BE(4) !== VERSION) return undefined;
  const entries: IndexEntry[] = [];
  let at = HEADER_BYTES;
  for (let left = bytes.readUInt32BE(8); left > 0; left -= 1) {
    const nameAt = at + STAT_BYTES + width + 2;
    if (nameAt > end) return undefined;
    // Assumed to be unchanged, extended, one side of a conflict: the upper four bits. The others are the name's length.
    const nameEnd = bytes.indexOf(0, nameAt);
    if (bytes.readUInt16BE(nameAt - 2) >= 0x1000 || nameEnd < 0 || nameEnd >= end) return undefined;
    const field = (n: number): number => bytes.readUInt32BE(at + 4 * n);
    const timeNs = (n: number): bigint => BigInt(field(n)) * SECOND_NS + BigInt(field(n + 1));
    entries.push({
      path: bytes.toString("latin1", nameAt, nameEnd),
      mode: field(6).toString(8),
      oid: bytes.toString("hex", at + STAT_BYTES, at + STAT_BYTES + width),
      ctimeNs: timeNs(0),
      mtimeNs: timeNs(2),
      dev: field(4),
      ino: field(5),
      uid: field(7),
      gid: field(8),
      size: field(9),
    });
    // Padded with one to eight zero bytes, so that the next entry begins at a multiple of eight.
    at += (nameEnd - at + 8) & ~7;
  }
  while (at + 8 <= end) {
    // Extensions whose name begins with a small letter change what the entries mean.
    if ((bytes[at] ?? 0) >= 0x61) return undefined;
    at += 8 + bytes.readUInt32BE(at + 4);
  }
  return at === end ? entries : undefined;
}

/** Returns an index file with these entries, as git would write it without any extension. */
export function formatIndex(entries: readonly IndexEntry[], hash: Repository["hash"]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write("DIRC", 0, "latin1");
  header.writeUInt32BE(VERSION, 4);
  header.writeUInt32BE(entries.length, 8);
  // By their bytes: in latin1 that is the order of the characters.
  const sorted = entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const content = Buffer.concat([header, ...sorted.map((entry) => formatEntry(entry, CHECKSUM_BYTES[hash]))]);
  return Buffer.concat([content, createHash(hash).update(content).digest()]);
}

function formatEntry(entry: IndexEntry, width: number): Buffer {
  const nameAt = STAT_BYTES + width + 2;
  const bytes = Buffer.alloc((nameAt + entry.path.length + 8) & ~7);
  const times = [entry.ctimeNs, entry.mtimeNs].flatMap((ns) => [ns / SECOND_NS, ns % SECOND_NS]);
  const { dev, ino, mode, uid, gid, size } = entry;
  const fields = [...times.map(Number), dev, ino, Number.parseInt(mode, 8), uid, gid, size];
  fields.forEach((value, n) => bytes.writeUInt32BE(value >>> 0, 4 * n));
  bytes.write(entry.oid, STAT_BYTES, "hex");
  bytes.writeUInt16BE(Math.min(entry.path.length, 0xfff), nameAt - 2);
  bytes.write(entry.path, nameAt, "latin1");
  return bytes;
}

const low = (value: bigint): number => Number(BigInt.asUintN(32, value));

/** Returns what the index notes of a file. */
export function statOf(stat: NonNullable<ReturnType<typeof exactStat>>): IndexStat {
  const { ctimeNs, mtimeNs, dev, ino, uid, gid, size } = stat;
  return { ctimeNs, mtimeNs, dev: low(dev), ino: low(ino), uid: low(uid), gid: low(gid), size: low(size) };
}

export async function readSmallIndex(
  repo: Repository,
  indexFile: string | undefined,
): Promise<readonly IndexEntry[] | undefined> {
  const bytes = indexFile === undefined ? undefined : await readBytesIfExists(indexFile);
  return bytes === undefined || bytes.length > SMALL_BYTES ? undefined : parseIndex(bytes, repo.hash);
}

/**
 * Does what `git write-tree` does for a small and usual index, but for its look whether each content is there; undefined
 * for any other.
 */
export async function treeOfIndex(
  repo: Repository,
  indexFile: string | undefined,
): Promise<string | undefined> {
  const entries = await readSmallIndex(repo, indexFile);
  if (entries === undefined) return undefined;
  using reader = new ObjectReader(repo);
  const { oid, objects } = await new Trees(repo, reader).withRaw(
    undefined,
    new Map(entries.map((entry) => [entry.path, entry])),
  );
  await storeObjects(repo, objects);
  return oid;
}

/** How far the kernel's clock for file times may be behind, twice over, in milliseconds. */
export const TICK_MS = 20;
const TICK_NS = BigInt(TICK_MS) * 1_000_000n;

/**
 * Tells whether a worktree surely holds just what a small index says, besides what `isLeftOut` (by the raw path): each
 * file with the very stamp that is noted, made before the index was, and nothing else but `.git`. False where only git
 * can tell.
 */
export async function isAsIndexed(
  repo: Repository,
  worktree: string,
  indexFile: string,
  isLeftOut: (path: string) => boolean,
): Promise<boolean> {
  const madeNs = exactStat(indexFile)?.mtimeNs;
  const entries = await readSmallIndex(repo, indexFile);
  if (entries === undefined || madeNs === undefined) return false;
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  const open = [""];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const kinds = kindsIn(join(worktree, folder));
    // An empty folder is nothing that the index knows.
    if (kinds === undefined || (kinds.length === 0 && folder !== "")) return false;
    for (const { name, isFolder } of kinds) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const raw = rawPath(path);
      if (path === ".git" || isLeftOut(raw)) continue;
      if (isFolder) {
        open.push(path);
        continue;
      }
      const entry = byPath.get(raw);
      if (entry === undefined || !hasStamp(join(worktree, path), entry, madeNs)) return false;
      byPath.delete(raw);
    }
  }
  return byPath.size === 0;
}

/** The same of some paths (raw) alone: each stands there with the stamp that a small index notes. */
export async function areAsIndexed(
  repo: Repository,
  worktree: string,
  indexFile: string,
  paths: readonly string[],
): Promise<boolean> {
  const madeNs = exactStat(indexFile)?.mtimeNs;
  const entries = await readSmallIndex(repo, indexFile);
  if (entries === undefined || madeNs === undefined) return false;
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  return paths.every((raw) => {
    const entry = byPath.get(raw);
    return entry !== undefined && hasStamp(join(worktree, readablePath(raw)), entry, madeNs);
  });
}

function hasStamp(path: string, entry: IndexEntry, madeNs: bigint): boolean {
  const stat = exactStat(path);
  if (stat === undefined) return false;
  const noted = statOf(stat);
  const isExecutable = (stat.mode & 0o100n) !== 0n;
  const mode = stat.isSymbolicLink() ? LINK_MODE : isExecutable ? "100755" : "100644";
  return (
    (stat.isFile() || stat.isSymbolicLink()) &&
    entry.mode === mode &&
    (["mtimeNs", "ctimeNs", "ino", "uid", "gid", "size"] as const).every(
      (key) => entry[key] === noted[key],
    ) &&
    stat.ctimeNs + TICK_NS < madeNs &&
    stat.mtimeNs + TICK_NS < madeNs
  );
}
