import { watch } from "node:fs";
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "./files.ts";
import { networkFilesystem } from "./filesystem.ts";

/** A probe did not answer in time. */
export const TOO_LATE = Symbol("too late");

/**
 * Waits for an answer at most so long. What hangs in the system, such as a folder of a server that is gone, would keep
 * the process alive for good: it then ends as soon as the exit status is known.
 */
export async function withinLimit<T>(limitMs: number, answer: Promise<T>): Promise<T | typeof TOO_LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof TOO_LATE>((resolve) => {
    timer = setTimeout(() => resolve(TOO_LATE), limitMs);
  });
  const first = await Promise.race([answer, late]);
  clearTimeout(timer);
  if (first === TOO_LATE) {
    answer.catch(() => undefined);
    setInterval(() => {
      if (process.exitCode !== undefined) process.exit();
    }, 50).unref();
  }
  return first;
}

/** The system's name for a filesystem in memory, by the magic number of Linux. */
const IN_MEMORY: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

/** What a folder lies on. */
export interface Ground {
  readonly kind: "disk" | "memory" | "network";
  /** Of a network filesystem. */
  readonly name?: string;
  readonly freeBytes: number;
}

/** Looks at what a folder lies on; undefined when there is no such folder. Which kind it is, only Linux tells. */
export async function groundOf(path: string): Promise<Ground | undefined> {
  try {
    const { type, bavail, bsize } = await statfs(path);
    const freeBytes = bavail * bsize;
    if (process.platform !== "linux") return { kind: "disk", freeBytes };
    const name = networkFilesystem(type);
    if (name !== undefined) return { kind: "network", name, freeBytes };
    return { kind: IN_MEMORY.has(type >>> 0) ? "memory" : "disk", freeBytes };
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Tries to make a folder inside of another, and removes it again. Returns the system's code for why it cannot be. */
export async function whyNotWritable(path: string): Promise<string | undefined> {
  try {
    await rm(await mkdtemp(join(path, ".chant-probe-")), { recursive: true });
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

/** Makes a folder, watches it, writes a file there, and tells whether that was seen within the limit. All of it goes again. */
export async function seesFileEvents(inside: string, limitMs: number): Promise<boolean> {
  const folder = await mkdtemp(join(inside, ".chant-probe-"));
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), limitMs);
  try {
    using watcher = closing(watch(folder, () => resolve(true)));
    watcher.watcher.on("error", () => resolve(false));
    await writeFile(join(folder, "probe"), "");
    return await promise;
  } catch (error) {
    // No watch can be had any more, or none at all.
    if (hasCode(error, "ENOSPC", "EMFILE", "ENOSYS", "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM")) return false;
    throw error;
  } finally {
    clearTimeout(timer);
    await rm(folder, { recursive: true, force: true });
  }
}

const closing = <W extends { close(): void }>(watcher: W): Disposable & { readonly watcher: W } => ({
  watcher,
  [Symbol.dispose]: () => watcher.close(),
});

/** Returns what runs this very program. */
export const runtimeName = (): string =>
  import.meta.url.includes("/$bunfs/")
    ? "the executable"
    : `Node ${process.versions.node}, ${process.execPath}`;
