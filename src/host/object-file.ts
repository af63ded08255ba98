import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { diskFull, hasCode } from "./files.ts";

/**
 * Stores a file whose name is its content's hash: written aside, flushed, linked into place, read-only. One that is
 * there already is left as it is, and flushed: whoever wrote it may not have. The calls are synchronous: a landing writes several small files one after the other,
 * and each trip through the thread pool costs more than the write.
 */
export function storeReadOnly(folder: string, name: string, aside: string, content: () => Uint8Array): void {
  for (let tries = TRIES; ; tries -= 1) {
    try {
      return store(folder, name, aside, content);
    } catch (error) {
      if (tries <= 1 || !hasCode(error, "ENOENT")) throw error;
    }
  }
}

/** A `git gc` takes away a folder that is empty just now, or a file whose content it has packed: then once more. */
const TRIES = 100;

function store(folder: string, name: string, aside: string, content: () => Uint8Array): void {
  const path = join(folder, name);
  if (existsSync(path)) return flushFile(path);
  const temporary = join(folder, aside);
  try {
    mkdirSync(folder, { recursive: true });
    const file = openSync(temporary, "wx", 0o444);
    try {
      // Not writeSync: on a disk that is getting full it writes a part, and says so by a number only.
      writeFileSync(file, content());
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(temporary, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw diskFull(error, path) ?? error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function flushFile(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
