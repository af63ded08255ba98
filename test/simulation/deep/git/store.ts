import { createHash } from "node:crypto";
import { deflateSync, inflateSync } from "../faces/zlib.ts";
import { systemError } from "../disk.ts";
import type { Machine } from "../machine.ts";

export interface GitObject {
  readonly type: string;
  readonly content: Buffer;
}

export interface Entry {
  readonly mode: string;
  readonly oid: string;
}

/** Paths and what they hold, as an index or a whole tree has them. */
export type Files = Map<string, Entry>;

export interface Commit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
}

export const isSame = (a: Entry | undefined, b: Entry | undefined): boolean =>
  a?.oid === b?.oid && a?.mode === b?.mode;

export const hashOf = (type: string, content: Uint8Array): string =>
  createHash("sha1").update(`${type} ${content.length}\0`).update(content).digest("hex");

/** What was read before, by the very bytes on disk. */
const parsed = new WeakMap<Buffer, GitObject>();
const trees = new WeakMap<GitObject, readonly (Entry & { readonly name: string })[]>();
const commits = new WeakMap<GitObject, Commit>();

/** What a git flushes. */
export interface Flushing {
  readonly isFlushing: boolean;
  readonly isFlushingObjects?: boolean;
}

/** Loose objects and ref files of one repository, as git keeps them. */
export class Store {
  readonly machine: Machine;
  readonly commonDir: string;
  /** What this git has not put in its place so far, and removes when it fails. */
  readonly aside = new Set<string>();
  readonly #objects: string;
  /** False where git would leave to chance what a loss of power keeps. */
  readonly #isFlushing: boolean;
  /** The same for objects alone: git by default flushes a ref that it moves, and not the objects that this names. */
  readonly #isFlushingObjects: boolean;

  constructor(
    machine: Machine,
    commonDir: string,
    { isFlushing, isFlushingObjects = isFlushing }: Flushing,
    objects = `${commonDir}/objects`,
  ) {
    this.machine = machine;
    this.commonDir = commonDir;
    this.#objects = objects;
    this.#isFlushing = isFlushing;
    this.#isFlushingObjects = isFlushingObjects;
  }

  object(oid: string): GitObject | undefined {
    const node = this.machine.disk.find(`${this.#objects}/${oid.slice(0, 2)}/${oid.slice(2)}`);
    if (node?.kind !== "file") return undefined;
    const known = parsed.get(node.data);
    if (known !== undefined) return known;
    try {
      const bytes = inflateSync(node.data);
      const end = bytes.indexOf(0);
      const [type = ""] = bytes.toString("latin1", 0, end).split(" ");
      const object = { type, content: Buffer.from(bytes.subarray(end + 1)) };
      parsed.set(node.data, object);
      return object;
    } catch {
      return undefined;
    }
  }

  require(oid: string): GitObject {
    const found = this.object(oid);
    if (found === undefined) throw new GitFailure(`unable to read ${oid}`);
    return found;
  }

  write(type: string, content: Buffer): string {
    const { disk } = this.machine;
    const oid = hashOf(type, content);
    const folder = `${this.#objects}/${oid.slice(0, 2)}`;
    const path = `${folder}/${oid.slice(2)}`;
    if (disk.find(path) !== undefined) return oid;
    disk.makeFolders(folder);
    const packed = deflateSync(Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]));
    this.replace(path, packed, this.#isFlushingObjects);
    if (!this.#isFlushingObjects) this.machine.unflushedObjects.add(oid);
    return oid;
  }

  /** Before git makes a tree of an index it looks whether there are files for all of it, not what is in them. */
  requireNamed(files: Files): void {
    for (const [path, { oid }] of files) {
      const file = `${this.#objects}/${oid.slice(0, 2)}/${oid.slice(2)}`;
      const isThere = this.machine.disk.find(file) !== undefined;
      if (!isThere) throw new GitFailure(`invalid object ${oid} for '${path}'`);
    }
  }

  commit(oid: string): Commit {
    const object = this.require(oid);
    if (object.type !== "commit") throw new GitFailure(`${oid} is no commit`);
    let commit = commits.get(object);
    if (commit === undefined) {
      const text = object.content.toString("utf8");
      const [header = ""] = text.split("\n\n", 1);
      commit = {
        tree: /^tree (\w+)$/m.exec(header)?.[1] ?? "",
        parents: [...header.matchAll(/^parent (\w+)$/gm)].map((match) => match[1] ?? ""),
        message: text.slice(header.length + 2),
      };
      commits.set(object, commit);
    }
    return commit;
  }

  /** Every file of a tree, or of a commit's tree. */
  files(oid: string, prefix = "", into: Files = new Map()): Files {
    const object = this.require(oid);
    if (object.type === "commit") return this.files(this.commit(oid).tree, prefix, into);
    let entries = trees.get(object);
    if (entries === undefined) trees.set(object, (entries = parseTree(object.content)));
    for (const { mode, name, oid: child } of entries) {
      if (mode === "40000") this.files(child, `${prefix}${name}/`, into);
      else into.set(prefix + name, { mode, oid: child });
    }
    return into;
  }

  /** A commit's tree, and all trees below it. */
  trees(oid: string): readonly string[] {
    const object = this.require(oid);
    if (object.type === "commit") return this.trees(this.commit(oid).tree);
    const below = parseTree(object.content).filter(({ mode }) => mode === "40000");
    return [oid, ...below.flatMap((entry) => this.trees(entry.oid))];
  }

  writeTree(files: Files): string {
    const entries: [string, string, string][] = [];
    const below = new Map<string, Files>();
    for (const [path, entry] of files) {
      const slash = path.indexOf("/");
      if (slash < 0) entries.push([path, entry.mode, entry.oid]);
      else {
        const name = path.slice(0, slash);
        const folder = below.get(name) ?? new Map<string, Entry>();
        below.set(name, folder.set(path.slice(slash + 1), entry));
      }
    }
    for (const [name, folder] of below) entries.push([name, "40000", this.writeTree(folder)]);
    const sorted = entries.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
    const parts = sorted.flatMap(([name, mode, oid]) => [
      Buffer.from(`${mode} ${name}\0`),
      Buffer.from(oid, "hex"),
    ]);
    return this.write("tree", Buffer.concat(parts));
  }

  writeCommit(tree: string, parents: readonly string[], message: string): string {
    const who = `Test User <test@example.com> ${Math.floor(this.machine.nowMs / 1000)} +0000`;
    const lines = [
      `tree ${tree}`,
      ...parents.map((parent) => `parent ${parent}`),
      `author ${who}`,
      `committer ${who}`,
      "",
      message,
    ];
    return this.write("commit", Buffer.from(`${lines.join("\n")}\n`));
  }

  /** Returns the commit that a ref's file, or what it points to, names. */
  ref(name: string, gitDir = this.commonDir): string | undefined {
    const { disk } = this.machine;
    const text = disk.text(`${name === "HEAD" ? gitDir : this.commonDir}/${name}`)?.trim();
    if (text === undefined) return undefined;
    return text.startsWith("ref: ")
      ? this.ref(text.slice(5))
      : /^[0-9a-f]{40}$/.test(text)
        ? text
        : undefined;
  }

  refs(folder = "refs"): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const file of this.machine.disk.filesBelow(`${this.commonDir}/${folder}`)) {
      const oid = this.ref(`${folder}/${file}`);
      if (oid !== undefined && !file.endsWith(".lock")) found.set(`${folder}/${file}`, oid);
    }
    return found;
  }

  /** Moves a ref in one step; undefined: it must not exist, or it goes. */
  swap(name: string, to: string | undefined, from: string | undefined): void {
    const { disk } = this.machine;
    const path = `${this.commonDir}/${name}`;
    disk.makeFolders(path.slice(0, path.lastIndexOf("/")));
    const lock = this.lock(path, `cannot lock ref '${name}': `);
    const now = this.ref(name);
    if (now !== from) {
      disk.unlink(lock);
      const why =
        now === undefined
          ? "unable to resolve reference"
          : from === undefined
            ? "reference already exists"
            : "is at X but expected Y";
      throw new GitFailure(`cannot lock ref '${name}': ${why}`);
    }
    // A commit that a loss of power has torn is no more, though a ref still names it.
    if (from !== undefined && !this.machine.seenCommits.has(from) && this.isWhole([from])) this.#seen(from);
    const log = `${this.commonDir}/logs/${name}`;
    if (to === undefined) {
      disk.unlink(path);
      if (disk.find(log) !== undefined) disk.unlink(log);
      disk.unlink(lock);
      return;
    }
    this.#note(log, from, to);
    disk.write(lock, disk.file(lock), Buffer.from(`${to}\n`));
    if (this.#isFlushing) disk.flush(lock, disk.file(lock));
    disk.rename(lock, path);
    this.#seen(to);
  }

  /** Notes in the reflog what a branch names now, which no git flushes. */
  #note(log: string, from = "0".repeat(40), to: string): void {
    const { disk } = this.machine;
    if (!log.includes("/logs/refs/heads/")) return;
    disk.makeFolders(log.slice(0, log.lastIndexOf("/")));
    const node = disk.create(log, 0o644, { keep: true });
    disk.write(log, node, Buffer.concat([node.data, Buffer.from(`${from} ${to} Test User\tmoved\n`)]));
  }

  /** What a ref has named must be kept, unless a loss of power undoes that very step. */
  #seen(oid: string): void {
    const { disk, seenCommits } = this.machine;
    if (seenCommits.has(oid)) return;
    seenCommits.add(oid);
    disk.atLoss(() => seenCommits.delete(oid));
  }

  /** Takes git's own lock on a file, which a git that is killed leaves behind. */
  lock(path: string, prefix = ""): string {
    const { disk } = this.machine;
    if (disk.find(`${path}.lock`) !== undefined) {
      throw new GitFailure(`${prefix}Unable to create '${path}.lock': File exists.`);
    }
    disk.create(`${path}.lock`, 0o644, { exclusive: true });
    this.aside.add(`${path}.lock`);
    return `${path}.lock`;
  }

  /** Writes a file aside and renames it into place, flushed where this git was asked to. */
  replace(path: string, data: Buffer, isFlushing = this.#isFlushing): void {
    const { disk } = this.machine;
    const aside = `${path}.${this.machine.newHandle()}`;
    const node = disk.create(aside, 0o644, { exclusive: true });
    this.aside.add(aside);
    disk.write(aside, node, data);
    if (isFlushing) disk.flush(aside, node);
    disk.rename(aside, path);
  }

  readIndex(path: string): Files {
    const text = this.machine.disk.text(path);
    if (text === undefined) return new Map();
    try {
      return new Map(JSON.parse(text) as [string, Entry][]);
    } catch {
      throw new GitFailure(`index file corrupt: ${path}`);
    }
  }

  writeIndex(path: string, files: Files): void {
    const { disk } = this.machine;
    const lock = this.lock(path);
    const node = disk.file(lock);
    const sorted = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
    disk.write(lock, node, Buffer.from(JSON.stringify(sorted)));
    if (this.#isFlushing) disk.flush(lock, node);
    disk.rename(lock, path);
  }

  /** Every commit that can be reached from these, themselves included; one that is missing is passed over. */
  reachable(from: Iterable<string>, without: ReadonlySet<string> = new Set()): Set<string> {
    const found = new Set<string>();
    const open = [...from];
    for (let oid = open.pop(); oid !== undefined; oid = open.pop()) {
      if (found.has(oid) || without.has(oid) || this.object(oid) === undefined) continue;
      found.add(oid);
      open.push(...this.commit(oid).parents);
    }
    return found;
  }

  /** Tells whether nothing is missing that commits are made of. */
  isWhole(tips: readonly string[]): boolean {
    const isThere = (oid: string): boolean => this.object(oid) !== undefined;
    return (
      tips.every(isThere) &&
      [...this.reachable(tips)].every(
        (oid) =>
          this.commit(oid).parents.every(isThere) &&
          this.#treesThere(this.commit(oid).tree) &&
          [...this.files(oid).values()].every((file) => isThere(file.oid)),
      )
    );
  }

  #treesThere(oid: string): boolean {
    const object = this.object(oid);
    if (object === undefined) return false;
    return parseTree(object.content).every((entry) => entry.mode !== "40000" || this.#treesThere(entry.oid));
  }

  mergeBase(a: string, b: string): string | undefined {
    const ofB = this.reachable([b]);
    const common = [...this.reachable([a])].filter((oid) => ofB.has(oid));
    const below = this.reachable(common.flatMap((oid) => this.commit(oid).parents));
    return common.find((oid) => !below.has(oid));
  }
}

/** git's refusal: words for standard error, and the status that it ends with. */
export class GitFailure extends Error {
  readonly status: number;

  constructor(message: string, status = 128) {
    super(message);
    this.status = status;
  }
}

/** A folder is sorted as if its name ended in a slash. */
const sortKey = ([name, mode]: [string, string, string]): string => (mode === "40000" ? `${name}/` : name);

function parseTree(content: Buffer): readonly (Entry & { readonly name: string })[] {
  const entries: (Entry & { readonly name: string })[] = [];
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(32, at);
    const end = content.indexOf(0, space);
    entries.push({
      mode: content.toString("latin1", at, space),
      name: content.toString("latin1", space + 1, end),
      oid: content.toString("hex", end + 1, end + 21),
    });
    at = end + 21;
  }
  return entries;
}

/** Refuses what no command of this git knows, so that nothing is silently wrong. */
export function notSimulated(what: string): never {
  throw systemError("ENOSYS", "not simulated", what);
}
