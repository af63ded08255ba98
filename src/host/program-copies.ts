import { randomBytes } from "node:crypto";
import { readdir, readFile, readlink, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { programFolder } from "./own-program.ts";
import { measureTree } from "./measure-tree.ts";

/** A copy of some build of chant in the user's cache. */
export interface ProgramCopy {
  readonly path: string;
  readonly bytes: number;
  /** When a chant last said that it may start from it, in milliseconds since 1970. */
  readonly usedAtMs: number;
  /** Whether a living process runs from it, or has it on its PATH. */
  readonly isRunning: boolean;
}

/** Returns the copies of the program, of all builds, and what is left of those that were not finished. */
export async function listProgramCopies(): Promise<readonly ProgramCopy[]> {
  const folder = programFolder();
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0) return [];
  const words = await wordsOfProcesses();
  const found: ProgramCopy[] = [];
  for (const name of names.filter((each) => /^[0-9a-f]{16}(?:\.[0-9a-f]{12})?$/.test(each))) {
    const path = join(folder, name);
    const at = await stat(path).catch(() => undefined);
    if (at?.isDirectory() !== true) continue;
    const { bytes } = await measureTree(path);
    found.push({ path, bytes, usedAtMs: at.mtimeMs, isRunning: words.some((word) => word.includes(path)) });
  }
  return found;
}

/** Removes a copy: at once for whoever looks for it, then its files. */
export async function removeProgramCopy(path: string): Promise<void> {
  const isWhole = /\/[0-9a-f]{16}$/.test(path);
  const aside = isWhole ? `${path}.${randomBytes(6).toString("hex")}` : path;
  if (isWhole) await rename(path, aside);
  await rm(aside, { recursive: true, force: true });
}

/** Program, arguments and environment of every process that can be looked at. Only Linux tells. */
async function wordsOfProcesses(): Promise<readonly string[]> {
  if (process.platform !== "linux") return [];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const words = pids.flatMap((pid) => [
    readlink(`/proc/${pid}/exe`),
    readFile(`/proc/${pid}/cmdline`, "latin1"),
    readFile(`/proc/${pid}/environ`, "latin1"),
  ]);
  const settled = await Promise.all(words.map((word) => word.catch(() => "")));
  return settled.filter((word) => word !== "");
}
