import { join } from "node:path";
import { writePlain } from "../host/files.ts";
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

/** The attributes by which git decides how to merge; others, such as filters, are none of a merge's business. */
const MERGE_ATTRIBUTE = /^[-!]?(text|eol|binary|merge|conflict-marker-size)(=.*)?$/;
const BUILT_IN_DRIVER = /^(merge=(text|binary|union)|[-!]?merge)$/;

/**
 * Gives the merge the attributes that the target's own .gitattributes say for the changed paths, as far as they
 * concern merging. A driver that the configuration would have to name is left out: git's text merge does it.
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

/** The lines of one .gitattributes that concern merging, rewritten so that they hold from the top folder. */
export function mergeAttributes(text: string, folder: string): readonly string[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const match = /^\s*("(?:[^"\\]|\\.)*"|[^\s#"]\S*)\s+(.+?)\s*$/.exec(line);
    const [, pattern = "", attributes = ""] = match ?? [];
    if (match === null || pattern.startsWith("[attr]")) return [];
    const kept = attributes
      .split(/\s+/)
      .filter(
        (word) => MERGE_ATTRIBUTE.test(word) && (!/^[-!]?merge/.test(word) || BUILT_IN_DRIVER.test(word)),
      );
    if (kept.length === 0) return [];
    return [`${anchored(pattern, folder)} ${kept.join(" ")}`];
  });
}

function anchored(pattern: string, folder: string): string {
  if (folder === "") return pattern;
  const bare = pattern.replace(/^"(.*)"$/, "$1");
  const below = bare.startsWith("/") ? bare.slice(1) : bare.includes("/") ? bare : `**/${bare}`;
  const whole = folder.replaceAll(/[*?[\]\\]/g, "\\$&") + below;
  return /[\s"]/.test(whole) ? `"${whole}"` : whole;
}
