import { newObject, type NewObject } from "./objects.ts";
import type { ObjectReader } from "./object-reader.ts";
import type { Repository } from "./repository.ts";

/**
 * Trees, read and written in process. Names are bytes to git: here they are strings with one character a byte
 * (latin1), see `rawPath` and `readablePath`.
 */
export interface TreeEntry {
  /** Octal, as git writes it: 40000 tree, 100644 file, 100755 executable, 120000 link, 160000 submodule. */
  readonly mode: string;
  readonly name: string;
  readonly oid: string;
}

export const TREE_MODE = "40000";
export const LINK_MODE = "120000";
export const GITLINK_MODE = "160000";

export const rawPath = (path: string): string => Buffer.from(path, "utf8").toString("latin1");
export const readablePath = (raw: string): string => Buffer.from(raw, "latin1").toString("utf8");

export function parseTree(content: Buffer, hash: Repository["hash"]): readonly TreeEntry[] {
  const width = hash === "sha1" ? 20 : 32;
  const entries: TreeEntry[] = [];
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(32, at);
    const end = content.indexOf(0, space);
    entries.push({
      // Some old programs wrote a folder's with a zero before it.
      mode: content.toString("latin1", at, space).replace(/^0+/, ""),
      name: content.toString("latin1", space + 1, end),
      oid: content.toString("hex", end + 1, end + 1 + width),
    });
    at = end + 1 + width;
  }
  return entries;
}

function formatTree(entries: readonly TreeEntry[]): Buffer {
  // git sorts a folder as if its name ended in a slash.
  const key = (entry: TreeEntry): string => (entry.mode === TREE_MODE ? `${entry.name}/` : entry.name);
  const sorted = entries.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  return Buffer.concat(
    sorted.flatMap((entry) => [
      Buffer.from(`${entry.mode} ${entry.name}\0`, "latin1"),
      Buffer.from(entry.oid, "hex"),
    ]),
  );
}

/** What a path shall be; undefined removes it. */
export type TreeChanges = ReadonlyMap<string, { readonly mode: string; readonly oid: string } | undefined>;

/** A tree, and the objects that it consists of as far as they may be new. */
export interface NewTree {
  readonly oid: string;
  readonly objects: readonly NewObject[];
}

/** So many entries of trees are kept parsed, about: some large folders. */
const KEPT_ENTRIES = 50_000;

/** Reads trees of one repository. What it has parsed is kept: in a folder of thousands of specs each is looked for. */
export class Trees {
  readonly #repo: Repository;
  readonly #reader: ObjectReader;
  /** By the tree's name, which never changes its meaning. */
  readonly #parsed = new Map<string, readonly TreeEntry[]>();
  #count = 0;

  constructor(repo: Repository, reader: ObjectReader) {
    this.#repo = repo;
    this.#reader = reader;
  }

  async entries(
    oid: string,
    pending: ReadonlyMap<string, NewObject> = new Map(),
  ): Promise<readonly TreeEntry[]> {
    const parsed = this.#parsed.get(oid);
    if (parsed !== undefined) return parsed;
    const known = pending.get(oid);
    const content =
      known === undefined ? (await this.#reader.require(oid)).content : Buffer.from(known.content);
    const entries = parseTree(content, this.#repo.hash);
    this.#count += entries.length;
    if (this.#count > KEPT_ENTRIES) {
      this.#parsed.clear();
      this.#count = entries.length;
    }
    this.#parsed.set(oid, entries);
    return entries;
  }

  /** Returns the entry at a path below a tree, or undefined when there is none. */
  async find(tree: string, path: string): Promise<TreeEntry | undefined> {
    let entry: TreeEntry = { mode: TREE_MODE, name: "", oid: tree };
    for (const name of rawPath(path).split("/")) {
      if (entry.mode !== TREE_MODE) return undefined;
      const next: TreeEntry | undefined = (await this.entries(entry.oid)).find((each) => each.name === name);
      if (next === undefined) return undefined;
      entry = next;
    }
    return entry;
  }

  /** Returns the tree (or an empty one) with some paths (readable) changed, and the tree objects that have to be stored for it. */
  with(tree: string | undefined, changes: TreeChanges): Promise<NewTree> {
    return this.withRaw(tree, new Map([...changes].map(([path, to]) => [rawPath(path), to])));
  }

  /** The same for raw paths. */
  async withRaw(tree: string | undefined, changes: TreeChanges): Promise<NewTree> {
    const objects: NewObject[] = [];
    const split = [...changes].map(([path, to]) => ({ parts: path.split("/"), to }));
    const oid = await this.#rewrite(tree, split, objects);
    return { oid: oid ?? this.#store([], objects), objects };
  }

  async #rewrite(
    tree: string | undefined,
    changes: readonly {
      readonly parts: readonly string[];
      readonly to: { mode: string; oid: string } | undefined;
    }[],
    objects: NewObject[],
  ): Promise<string | undefined> {
    const entries = new Map<string, TreeEntry>();
    if (tree !== undefined) for (const entry of await this.entries(tree)) entries.set(entry.name, entry);
    const deeper = new Map<string, typeof changes>();
    for (const change of changes) {
      const [name = "", ...rest] = change.parts;
      if (rest.length > 0) {
        deeper.set(name, [...(deeper.get(name) ?? []), { parts: rest, to: change.to }]);
      } else if (change.to === undefined) {
        entries.delete(name);
      } else {
        entries.set(name, { name, ...change.to });
      }
    }
    for (const [name, below] of deeper) {
      const old = entries.get(name);
      const oid = await this.#rewrite(old?.mode === TREE_MODE ? old.oid : undefined, below, objects);
      if (oid !== undefined) entries.set(name, { mode: TREE_MODE, name, oid });
      // A file that takes the place of a folder stays, when all that was in the folder goes.
      else if (old?.mode === TREE_MODE) entries.delete(name);
    }
    return entries.size === 0 ? undefined : this.#store([...entries.values()], objects);
  }

  #store(entries: readonly TreeEntry[], objects: NewObject[]): string {
    const object = newObject(this.#repo.hash, "tree", formatTree(entries));
    objects.push(object);
    return object.oid;
  }

  /** Returns every path below the root that differs between two trees, with both sides. Folders are not listed. */
  async diff(before: string, after: string): Promise<readonly TreeDifference[]> {
    const found: TreeDifference[] = [];
    if (before !== after) await this.#diffFolder(before, after, "", found);
    return found;
  }

  async #diffFolder(
    before: string | undefined,
    after: string | undefined,
    prefix: string,
    found: TreeDifference[],
  ): Promise<void> {
    const olds = before === undefined ? [] : await this.entries(before);
    const news = new Map(
      (after === undefined ? [] : await this.entries(after)).map((entry) => [entry.name, entry]),
    );
    const pairs: { old: TreeEntry | undefined; now: TreeEntry | undefined }[] = olds.map((old) => {
      const now = news.get(old.name);
      news.delete(old.name);
      return { old, now };
    });
    for (const now of news.values()) pairs.push({ old: undefined, now });
    for (const { old, now } of pairs) {
      if (old?.oid === now?.oid && old?.mode === now?.mode) continue;
      const path = prefix + (old?.name ?? now?.name ?? "");
      const oldFolder = old?.mode === TREE_MODE ? old.oid : undefined;
      const newFolder = now?.mode === TREE_MODE ? now.oid : undefined;
      if (oldFolder !== undefined || newFolder !== undefined) {
        await this.#diffFolder(oldFolder, newFolder, `${path}/`, found);
      }
      const oldFile = oldFolder === undefined ? old : undefined;
      const newFile = newFolder === undefined ? now : undefined;
      if (oldFile !== undefined || newFile !== undefined) found.push({ path, old: oldFile, now: newFile });
    }
  }
}

/** One path that differs; `path` is raw (a character a byte). */
export interface TreeDifference {
  readonly path: string;
  readonly old: TreeEntry | undefined;
  readonly now: TreeEntry | undefined;
}
