import { closeSync, constants, fsyncSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { hasCode } from "./files.ts";

/**
 * Sees to it that the contents of files outlive a loss of power. What is missing, or no file, is left out: no link is
 * followed and no pipe waited for.
 */
export async function flushFiles(paths: readonly string[]): Promise<void> {
  const left = [...paths];
  // Where a flush costs next to nothing, as in memory or on a fast disk, the thread pool would cost more.
  for (let isQuick = true; isQuick && left.length > 0;) {
    const startedMs = performance.now();
    flushNow(left.pop() ?? "");
    isQuick = performance.now() - startedMs < QUICK_MS;
  }
  const flushSome = async (): Promise<void> => {
    for (let path = left.pop(); path !== undefined; path = left.pop()) await flushFile(path);
  };
  await Promise.all(Array.from({ length: FLUSHED_AT_ONCE }, flushSome));
}

/** What a trip through the thread pool costs, several times over, in milliseconds. */
const QUICK_MS = 0.5;

const FLUSHED = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Of these no flush is to be had: missing, no file, not readable, or on a filesystem that has none. */
const UNFLUSHED = ["ENOENT", "ENOTDIR", "ELOOP", "ENXIO", "EACCES", "EINVAL", "ENOTSUP"];

function flushNow(path: string): void {
  try {
    const file = openSync(path, FLUSHED);
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (!hasCode(error, ...UNFLUSHED)) throw error;
  }
}

/** Several flushes at a time share the disk's work; as many as the thread pool has threads. */
const FLUSHED_AT_ONCE = 4;

async function flushFile(path: string): Promise<void> {
  try {
    await using file = await open(path, FLUSHED);
    await file.sync();
  } catch (error) {
    if (!hasCode(error, ...UNFLUSHED)) throw error;
  }
}
