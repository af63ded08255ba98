import { chmod, link, mkdir, rename, rm, writeFile, copyFile, cp } from "node:fs/promises";
import { createHash, randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { realpathSync, statSync, utimesSync } from "node:fs";
import { homedir } from "node:os";
import { hasCode } from "./files.ts";

/** How to start this very chant again, in a version that a later update does not take away. */
export interface OwnProgram {
  /** The command line, without arguments of the command. */
  readonly argv: readonly [string, ...string[]];
  /** A folder that holds it as `chant`, for an agent's PATH. */
  readonly binFolder: string;
}

/**
 * Variables for a chant that does little and mostly waits: its memory need not be gone through each second (in
 * milliseconds), which is most of what waiting costs. Only the executable, whose engine is JavaScriptCore, knows them.
 */
export const MOSTLY_WAITING: NodeJS.ProcessEnv = {
  BUN_GC_TIMER_INTERVAL: "30000",
};

/** What steers the runtime of a chant that is started with it. */
export const isRuntimeVariable = (name: string): boolean => /^(BUN_|NODE_OPTIONS$)/.test(name);

/** Returns where the running program is: its executable, or the file that Node was given. */
const programFile = (isCompiled: boolean): string =>
  isCompiled ? process.execPath : realpathSync(process.argv[1] ?? fileURLToPath(import.meta.url));

const isCompiledProgram = (): boolean => import.meta.url.includes("/$bunfs/");

/** Returns a text that differs between builds: what one of them has computed and kept, another may compute otherwise. */
export function buildMark(): string {
  const { size, mtimeMs } = statSync(programFile(isCompiledProgram()));
  return `${size} ${mtimeMs}`;
}

/**
 * Puts a copy of the running program into the user's cache, once per version, and returns how to start it: a
 * program that is replaced while agents run would otherwise be gone or of another version.
 */
export async function ownProgram(): Promise<OwnProgram> {
  const isCompiled = isCompiledProgram();
  const file = programFile(isCompiled);
  // A watch or an agent's chant runs from such a copy: one of that would be one more of the same.
  if (isCopy(file)) {
    const own: OwnProgram = {
      argv: isCompiled ? [file] : [process.execPath, file],
      binFolder: dirname(file),
    };
    touchProgram(own);
    return own;
  }
  const stat = statSync(file);
  const mark = createHash("sha256")
    .update(`${file}\0${stat.size}\0${stat.mtimeMs}\0${process.execPath}`)
    .digest("hex");
  const folder = join(programFolder(), mark.slice(0, 16));
  const bin = join(folder, "chant");
  if (!isThere(bin)) {
    try {
      await fill(folder, file, isCompiled);
    } catch (error) {
      // Without a cache (a full disk, a read-only home) the program is started from where it is.
      if (!hasCode(error, "ENOSPC", "EROFS", "EACCES", "EPERM", "ENOENT")) throw error;
      return { argv: isCompiled ? [file] : [process.execPath, file], binFolder: dirname(file) };
    }
  }
  const own: OwnProgram = {
    argv: isCompiled ? [bin] : [process.execPath, programIn(folder, file)],
    binFolder: folder,
  };
  touchProgram(own);
  return own;
}

const isCopy = (file: string): boolean =>
  dirname(dirname(file)) === programFolder() && /^[0-9a-f]{16}$/.test(basename(dirname(file)));

/** How old the last word of use may become, in milliseconds. */
const TOUCH_MS = 12 * 60 * 60_000;

/** Says that somebody may start from a copy: by the time of its folder, which whoever cleans up looks at. */
export function touchProgram({ binFolder }: OwnProgram): void {
  const now = new Date();
  try {
    const isOurs = dirname(binFolder) === programFolder();
    if (isOurs && now.getTime() - statSync(binFolder).mtimeMs > TOUCH_MS) utimesSync(binFolder, now, now);
  } catch {
    // It is another user's, or gone: then nothing is to be said of it.
  }
}

/** The folder that holds the copies of all builds. */
export const programFolder = (): string => join(cacheFolder(), "bin");

function cacheFolder(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "chant");
}

/** From its sources chant is started where it stands: they are many files, and nobody updates them while it runs. */
const isSource = (file: string): boolean => file.endsWith(".ts");

const programIn = (folder: string, file: string): string =>
  isSource(file) ? file : join(folder, "chant.mjs");

async function fill(folder: string, file: string, isCompiled: boolean): Promise<void> {
  const aside = `${folder}.${randomBytes(6).toString("hex")}`;
  await mkdir(aside, { recursive: true, mode: 0o700 });
  try {
    const bin = join(aside, "chant");
    if (isCompiled) {
      await link(file, bin).catch(() => copyFile(file, bin));
    } else {
      if (!isSource(file)) {
        await copyFile(file, join(aside, "chant.mjs"));
        await cp(join(dirname(file), "chunks"), join(aside, "chunks"), { recursive: true }).catch(
          (error: unknown) => {
            // What was copied in part must not be taken for the program.
            if (!hasCode(error, "ENOENT")) throw error;
          },
        );
      }
      const words = [process.execPath, programIn(folder, file)].map(
        (word) => `'${word.replaceAll("'", `'\\''`)}'`,
      );
      await writeFile(bin, `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`);
    }
    await chmod(bin, 0o755);
    await rename(aside, folder).catch((error: unknown) => {
      if (!isThere(join(folder, "chant"))) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

function isThere(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
