import { join } from "node:path";
import { listIfExists, statIfExists } from "../host/files.ts";
import { GITLINK_MODE, rawPath, readablePath, type TreeDifference } from "./tree.ts";

/** Returns what stands where the landing would add a file: even an ignored or equal one is the user's. */
export async function pathsInTheWay(
  root: string,
  changes: readonly TreeDifference[],
): Promise<readonly string[]> {
  const removed = new Set(changes.filter((change) => change.now === undefined).map((change) => change.path));
  const found: string[] = [];
  for (const { path, old, now } of changes) {
    if (old !== undefined || now === undefined || now.mode === GITLINK_MODE) continue;
    const parts = path.split("/");
    for (let n = 1; n <= parts.length; n += 1) {
      const part = parts.slice(0, n).join("/");
      const stat = await statIfExists(join(root, readablePath(part)));
      if (stat === undefined) break;
      const isFolder = stat.isDirectory();
      if (isFolder && n < parts.length) continue;
      // A file that this landing removes makes room for a folder; a folder makes room for a file when all that is in
      // it on disk goes, and not when something ignored or new of the user's is among it.
      if (isFolder) {
        found.push(...(await filesBelow(root, part)).filter((each) => !removed.has(rawPath(each))));
      } else if (!removed.has(part)) found.push(readablePath(part));
      break;
    }
  }
  return found;
}

/** Returns every file below a folder of the checkout, readable, whatever git thinks of it. */
async function filesBelow(root: string, folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const path = readablePath(folder);
  for (const name of await listIfExists(join(root, path))) {
    const stat = await statIfExists(join(root, path, name));
    if (stat?.isDirectory() === true) found.push(...(await filesBelow(root, rawPath(`${path}/${name}`))));
    else found.push(`${path}/${name}`);
  }
  return found;
}
