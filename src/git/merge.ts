import { join } from "node:path";
import { writePlain } from "../host/files.ts";
import { mergeAttributes } from "./merge-attributes.ts";
import { git } from "./program.ts";
import type { ObjectReader } from "./object-reader.ts";
import type { Shadow } from "./shadow.ts";
import { readablePath, type Trees } from "./tree.ts";

export type MergeResult =
  | { readonly kind: "merged"; readonly tree: string }
  | { readonly kind: "conflict"; readonly tree: string; readonly files: readonly string[] };

/** Merges two commits into a tree without touching any checkout. Files that conflict are named, readable. */
export async function mergeCommits(shadow: Shadow, ours: string, theirs: string): Promise<MergeResult> {
  const args = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs];
  const result = await git(shadow.objects, args, { accept: [0, 1] });
  const [tree = "", ...files] = result.stdout
    .toString("utf8")
    .split("\0")
    .filter((part) => part !== "");
  return result.status === 0
    ? { kind: "merged", tree }
    : { kind: "conflict", tree, files: [...new Set(files)] };
}

/**
 * Gives the merge the attributes that the target's own .gitattributes say for the changed paths, as far as they
 * concern merging. For a driver that the configuration would have to name, git's text merge does it.
 */
export async function useAttributesOf(
  shadow: Shadow,
  reader: ObjectReader,
  trees: Trees,
  tree: string,
  changedPaths: readonly string[],
): Promise<void> {
  const folders = new Set([""]);
  for (const path of changedPaths) {
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
      folders.add(path.slice(0, slash + 1));
    }
  }
  const lines: string[] = [];
  // A deeper file counts more, and in one file the last line does: so from the top down.
  for (const folder of [...folders].toSorted()) {
    const entry = await trees.find(tree, `${readablePath(folder)}.gitattributes`);
    if (entry === undefined || entry.mode === "120000") continue;
    const text = (await reader.read(entry.oid))?.content.toString("utf8") ?? "";
    lines.push(...mergeAttributes(text, readablePath(folder)));
  }
  await writePlain(join(shadow.gitDir, "info", "attributes"), lines.map((line) => `${line}\n`).join(""));
}
