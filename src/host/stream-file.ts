import { randomBytes } from "node:crypto";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ChantError } from "../kit/errors.ts";
import { diskFull, hasCode } from "./files.ts";

/**
 * Writes a text piece by piece into a file that a person named, and returns its size in bytes. A plain file is there
 * whole, or as it was before; what is no plain file (a pipe, /dev/null) is written to as it is.
 * @throws ChantError FILE_REFUSED where nothing can be written, DISK_FULL
 */
export async function writeStreamed(path: string, pieces: AsyncIterable<string>): Promise<number> {
  const target = await realpath(path).catch(() => path);
  const found = await stat(target).catch(() => undefined);
  if (found?.isDirectory() === true) throw refused(path, "it is a folder");
  const isPlain = found === undefined || found.isFile();
  const aside = join(dirname(target), `.tmp-${randomBytes(8).toString("hex")}`);
  const file = await open(isPlain ? aside : target, isPlain ? "wx" : "w", found?.mode ?? 0o644).catch(
    (error: unknown) => {
      throw refused(path, hasCode(error, "ENOENT") ? "its folder is not there" : wordsOf(error), error);
    },
  );
  try {
    const bytes = await writeAll(file, pieces, isPlain);
    if (isPlain) await rename(aside, target);
    return bytes;
  } catch (error) {
    if (isPlain) await rm(aside, { force: true });
    throw diskFull(error, path) ?? error;
  }
}

async function writeAll(file: FileHandle, pieces: AsyncIterable<string>, isPlain: boolean): Promise<number> {
  let bytes = 0;
  try {
    for await (const piece of pieces) {
      const data = Buffer.from(piece);
      await file.writeFile(data);
      bytes += data.length;
    }
    if (isPlain) await file.sync();
  } finally {
    await file.close();
  }
  return bytes;
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const refused = (path: string, why: string, cause?: unknown): ChantError =>
  new ChantError("FILE_REFUSED", `${path} cannot be written: ${why}.`, {
    hint: "Name another file. Nothing was written.",
    cause,
  });
