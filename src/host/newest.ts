import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Tells whether anything in a folder was changed after the wall time `sinceMs`, in milliseconds since 1970. Links are
 * not followed; what cannot be read does not count.
 */
export async function hasChangedSince(folder: string, sinceMs: number): Promise<boolean> {
  if (await isNewer(folder, sinceMs)) return true;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const isChanged = entry.isDirectory() ? hasChangedSince : isNewer;
    if (await isChanged(path, sinceMs)) return true;
  }
  return false;
}

async function isNewer(path: string, sinceMs: number): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found !== undefined && found.mtimeMs > sinceMs;
}
