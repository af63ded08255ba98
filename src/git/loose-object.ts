import { join } from "node:path";
import { inflateSync } from "node:zlib";
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
