import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { hasCode } from "./files.ts";

const CHUNK_BYTES = 64 * 1024;

/**
 * Passes on the bytes of a file from `fromBytes` up to `toBytes` or its end, piece by piece, and returns where it
 * stopped. A piece is good until the next one comes. Of a file that is not there nothing comes.
 */
export async function readRange(
  path: string,
  fromBytes: number,
  toBytes: number,
  take: (piece: Buffer) => Promise<void> | void,
): Promise<number> {
  const file = await open(path, "r").catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  if (file === undefined) return fromBytes;
  try {
    const buffer = Buffer.alloc(Math.max(1, Math.min(CHUNK_BYTES, toBytes - fromBytes)));
    let at = fromBytes;
    while (at < toBytes) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, toBytes - at), at);
      if (bytesRead === 0) break;
      at += bytesRead;
      await take(buffer.subarray(0, bytesRead));
    }
    return at;
  } finally {
    await file.close();
  }
}

/** Appends the bytes `fromBytes` up to `toBytes` of one file to another; fewer where the first is shorter by now. */
export async function appendRange(
  source: string,
  fromBytes: number,
  toBytes: number,
  target: string,
): Promise<void> {
  const output = await openToAppend(target);
  try {
    await readRange(source, fromBytes, toBytes, (piece) => output.appendFile(piece));
  } finally {
    await output.close();
  }
}

async function openToAppend(path: string): ReturnType<typeof open> {
  try {
    return await open(path, "a", 0o600);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
    await mkdir(dirname(path), { recursive: true });
    return open(path, "a", 0o600);
  }
}
