import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

export interface Measured {
  /** Plain files and links, by their paths below the folder. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** There is more than the limit, and nobody went on counting. */
  readonly isMore: boolean;
}

/**
 * Measures what is in a folder: links are not followed, what cannot be read or is neither a file nor a link does not
 * count. It stops where the limit is passed.
 */
export async function measureTree(
  folder: string,
  options: { readonly limitBytes?: number; readonly isLeftOut?: (path: string) => boolean } = {},
): Promise<Measured> {
  const { limitBytes = Infinity, isLeftOut = () => false } = options;
  const files: string[] = [];
  const open = [""];
  let bytes = 0;
  for (let below = open.pop(); below !== undefined; below = open.pop()) {
    const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (isLeftOut(path)) continue;
      if (entry.isDirectory()) {
        open.push(path);
      } else if (entry.isFile() || entry.isSymbolicLink()) {
        bytes += (await lstat(join(folder, path)).catch(() => undefined))?.size ?? 0;
        files.push(path);
        if (bytes > limitBytes) return { files, bytes: limitBytes, isMore: true };
      }
    }
  }
  return { files, bytes, isMore: false };
}
