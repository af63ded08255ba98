import { readBytesIfExists, statIfExists, writeAtomic } from "./files.ts";

/** How a file that was to be replaced was found; `replaced` is the only one in which it was written. */
export type Replaced = "replaced" | "changed" | "not_a_file";

/**
 * Replaces a regular file in one step, if it still holds the bytes that were read; its permissions stay. What somebody
 * saved meanwhile is left, and so is a link.
 */
export async function replaceFile(path: string, from: Uint8Array, to: string): Promise<Replaced> {
  const stat = await statIfExists(path);
  if (stat?.isFile() !== true) return "not_a_file";
  const there = await readBytesIfExists(path);
  if (there === undefined || !there.equals(from)) return "changed";
  await writeAtomic(path, to, stat.mode & 0o777);
  return "replaced";
}
