import { decodeUtf8 } from "../../kit/utf8.ts";
import { makeCommit, parseCommit } from "../../git/commit.ts";
import { newObject, storeObjects } from "../../git/objects.ts";
import type { TreeChanges } from "../../git/tree.ts";
import type { Engine } from "./engine.ts";
import type { DiskEdits } from "./silent/disk.ts";

/** A commit that the target may become, not published yet. */
export interface Step {
  readonly commit: string;
  readonly tree: string;
  /** In silent mode: what becomes of the spec files on disk with it, by path. */
  readonly disk?: DiskEdits;
}

export async function stepOf(engine: Engine, commit: string): Promise<Step> {
  return { commit, tree: parseCommit((await engine.reader.require(commit)).content).tree };
}

/** Returns the text of a file in a tree. What is not UTF-8 can be compared, and must not be written again. */
export async function textAt(
  engine: Engine,
  tree: string,
  path: string,
): Promise<{ readonly oid: string; readonly text: string; readonly isUtf8: boolean } | undefined> {
  const entry = await engine.trees.find(tree, path);
  if (entry === undefined) return undefined;
  const bytes = (await engine.reader.require(entry.oid)).content;
  const text = decodeUtf8(bytes);
  return { oid: entry.oid, text: text ?? bytes.toString("utf8"), isUtf8: text !== undefined };
}

/** New contents by path: as text, as a stored blob, or undefined to remove the file. */
export type FileChanges = ReadonlyMap<string, string | { readonly blob: string } | undefined>;

/** Makes the commit that follows `from` with some files changed. */
export async function commitFiles(
  engine: Engine,
  from: Step,
  files: FileChanges,
  message: string,
  parents: readonly string[] = [from.commit],
): Promise<Step> {
  const tree = await treeWithFiles(engine, from.tree, files);
  const commit = await makeCommit(engine.repo, { tree, parents, message }, engine.signature());
  await storeObjects(engine.repo, commit.objects);
  return { commit: commit.oid, tree };
}

/** Returns the tree with some files changed. */
export async function treeWithFiles(engine: Engine, tree: string, files: FileChanges): Promise<string> {
  const changes = new Map<string, { mode: string; oid: string } | undefined>();
  for (const [path, content] of files) {
    if (content === undefined) {
      changes.set(path, undefined);
    } else if (typeof content === "string") {
      const blob = newObject(engine.repo.hash, "blob", Buffer.from(content, "utf8"));
      await storeObjects(engine.repo, [blob]);
      changes.set(path, { mode: "100644", oid: blob.oid });
    } else {
      changes.set(path, { mode: "100644", oid: content.blob });
    }
  }
  const made = await engine.trees.with(tree, changes satisfies TreeChanges);
  await storeObjects(engine.repo, made.objects);
  return made.oid;
}
