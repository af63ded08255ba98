import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat, utimes } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { readRange } from "./byte-range.ts";
import { diskFull, hasCode } from "./files.ts";

/**
 * Packs a file with gzip into `PATH.gz`, which takes its place and its time. The file goes once the packed one was read
 * back and says the same; a file that is gone is fine, also where another process has just packed it.
 */
export async function packFile(path: string): Promise<void> {
  const packed = `${path}.gz`;
  // Of one name for all, the second to come would cut off what the first has just found whole.
  const aside = `${path}.${randomBytes(6).toString("hex")}.tmp-gz`;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  try {
    const file = await open(aside, "w", found.mode);
    try {
      await pipeline(createReadStream(path), createGzip(), file.createWriteStream({ flush: true }));
    } finally {
      await file.close().catch(() => undefined);
    }
    if ((await hashOf(pieces(path))) !== (await hashOf(pieces(aside, true)))) {
      throw new Error(`${aside} does not say what ${path} says`);
    }
    await utimes(aside, found.atime, found.mtime);
    await rename(aside, packed);
  } catch (error) {
    await rm(aside, { force: true });
    if ((await stat(path).catch(() => undefined)) === undefined) return;
    throw diskFull(error, packed) ?? error;
  }
  await rm(path, { force: true });
}

/** Passes on a part of a file, as `readRange` does; one that ends in `.gz` is unpacked, and counted as it was. */
export async function readUnpacked(
  path: string,
  fromBytes: number,
  toBytes: number,
  take: (piece: Buffer) => Promise<void> | void,
): Promise<number> {
  if (!path.endsWith(".gz")) return readRange(path, fromBytes, toBytes, take);
  let at = 0;
  for await (const piece of pieces(path)) {
    const part = piece.subarray(Math.max(0, fromBytes - at), Math.max(0, toBytes - at));
    at += piece.length;
    if (part.length > 0) await take(part);
    if (at >= toBytes) break;
  }
  return Math.min(at, toBytes);
}

/** Passes on the lines of a file, unpacked where its name ends in `.gz`, each with where the next one begins. */
export async function readLines(path: string, take: (line: string, endBytes: number) => void): Promise<void> {
  let held: Buffer = Buffer.alloc(0);
  let at = 0;
  for await (const piece of pieces(path)) {
    held = Buffer.concat([held, piece]);
    let from = 0;
    for (let end = held.indexOf(10); end >= 0; end = held.indexOf(10, from)) {
      take(held.toString("utf8", from, end), at + end + 1);
      from = end + 1;
    }
    at += from;
    held = held.subarray(from);
  }
  if (held.length > 0) take(held.toString("utf8"), at + held.length);
}

/** Of a file that is not there, nothing comes. */
async function* pieces(path: string, isPacked = path.endsWith(".gz")): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  try {
    for await (const piece of isPacked ? unpacked(file) : file) yield piece as Buffer;
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  } finally {
    file.destroy();
  }
}

function unpacked(file: Readable): Readable {
  const unpacking = createGunzip();
  file.on("error", (error) => unpacking.destroy(error));
  return file.pipe(unpacking);
}

async function hashOf(bytes: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of bytes) hash.update(piece);
  return hash.digest("hex");
}
