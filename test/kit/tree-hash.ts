import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Returns every file, link and folder below a folder, with a hash of what it holds and may do; sorted. */
export function treeOf(root: string, isLeftOut: (path: string) => boolean = () => false): readonly string[] {
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => !isLeftOut(path));
  return names.toSorted().map((name) => {
    const path = join(root, name);
    const stat = lstatSync(path);
    const content = stat.isSymbolicLink() ? readlinkSync(path) : stat.isFile() ? readFileSync(path) : "";
    return `${stat.mode.toString(8)} ${createHash("sha256").update(content).digest("hex").slice(0, 16)} ${name}`;
  });
}
