import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { listIfExists, makeFolder, readBytesIfExists, renameOver, statIfExists } from "../host/files.ts";
import type { Repository } from "./repository.ts";

/** Returns where an object stands when it has a file of its own. */
export const looseFile = ({ commonDir }: Repository, oid: string): string =>
  join(commonDir, "objects", oid.slice(0, 2), oid.slice(2));

/** Returns what an object's own file holds; undefined when it is torn. */
export function unpackLoose(packed: Buffer): { readonly type: string; readonly content: Buffer } | undefined {
  let bytes: Buffer;
  try {
    bytes = inflateSync(packed);
  } catch {
    return undefined;
  }
  const end = bytes.indexOf(0);
  const [type = "", size] = bytes.toString("latin1", 0, end).split(" ");
  const content = bytes.subarray(end + 1);
  return end > 0 && content.length === Number(size) ? { type, content } : undefined;
}

/**
 * Moves objects whose own file is torn into a folder, and returns their names. As long as one is in its place git takes it
 * for the object, and does not write that again: whoever commits the same file once more would commit the torn one. What
 * was changed before `sinceMs` (wall time, milliseconds since 1970) is not looked at.
 */
export async function putAsideTorn(
  { commonDir }: Pick<Repository, "commonDir">,
  folder: string,
  sinceMs: number,
): Promise<readonly string[]> {
  const torn: string[] = [];
  const objects = join(commonDir, "objects");
  for (const first of (await listIfExists(objects)).filter((name) => /^[0-9a-f]{2}$/.test(name))) {
    for (const rest of await listIfExists(join(objects, first))) {
      if (!/^(?:[0-9a-f]{38}|[0-9a-f]{62})$/.test(rest)) continue;
      const path = join(objects, first, rest);
      const changedMs = (await statIfExists(path))?.mtimeMs ?? -Infinity;
      const packed = changedMs < sinceMs ? undefined : await readBytesIfExists(path);
      if (packed === undefined || unpackLoose(packed) !== undefined) continue;
      await makeFolder(folder);
      await renameOver(path, join(folder, `${first}${rest}`));
      torn.push(`${first}${rest}`);
    }
  }
  return torn;
}
