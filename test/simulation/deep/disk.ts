/** One file or folder of the simulated disk. There are no links: whoever asks for one is told that it is not simulated. */
export interface FileNode {
  readonly kind: "file";
  readonly ino: number;
  mode: number;
  data: Buffer;
  /** What a machine that loses its power now would keep. */
  durable: Buffer;
  /** Since it was flushed, bytes in the middle of it were overwritten and nothing else was done to it. */
  isPatched?: boolean;
  names: number;
  changedMs: number;
}

export interface FolderNode {
  readonly kind: "folder";
  readonly ino: number;
  mode: number;
  readonly entries: Map<string, Node>;
  changedMs: number;
}

export type Node = FileNode | FolderNode;

/** What stands around a disk: the clock, whoever may be killed in the middle, whoever waits for changes. */
export interface Surroundings {
  readonly nowMs: () => number;
  readonly random: () => number;
  /** Called before each change; throws where the process that makes it is killed. */
  readonly before: (operation: string, path: string) => void;
  readonly changed: (path: string) => void;
}

/** An error as node's own file functions throw it. */
export function systemError(code: string, operation: string, path: string): Error {
  const { stackTraceLimit } = Error;
  // Most of these are answers, and a trace is half of what a simulation would spend its time with.
  Error.stackTraceLimit = 0;
  const error = new Error(`${code}: ${operation} '${path}'`);
  Error.stackTraceLimit = stackTraceLimit;
  return Object.assign(error, { code, syscall: operation, path });
}

/** A fault of the disk's own, which no file or folder is the reason of. */
export class DiskFault extends Error {
  readonly code: "ENOSPC" | "EIO";
  readonly syscall: string;
  readonly path: string;

  constructor(code: "ENOSPC" | "EIO", operation: string, path: string) {
    const words = code === "EIO" ? "i/o error" : "no space left on device";
    super(`${code}: ${words}, ${operation} '${path}'`);
    this.code = code;
    this.syscall = operation;
    this.path = path;
  }
}

/** Finds the fault of the disk behind an error. */
export function diskFaultIn(error: unknown): DiskFault | undefined {
  if (error instanceof DiskFault) return error;
  return error instanceof Error ? diskFaultIn(error.cause) : undefined;
}

const NOTHING = Buffer.alloc(0);

/**
 * A disk in memory that knows what a loss of power would leave: what was written and not flushed may be gone or torn,
 * and the latest changes of names may be undone, in their order, back to the last flush of anything (as with ext4).
 */
export class Disk {
  readonly root: FolderNode;
  readonly #around: Surroundings;
  readonly #undo: (() => void)[] = [];
  /** What was found under which path since names changed last. */
  readonly #found = new Map<string, Node | undefined>();
  #inodes = 1;

  constructor(around: Surroundings) {
    this.#around = around;
    this.root = this.#newFolder(0o755);
  }

  find(path: string): Node | undefined {
    if (this.#found.has(path)) return this.#found.get(path);
    const node = this.#walk(path);
    this.#found.set(path, node);
    return node;
  }

  #walk(path: string): Node | undefined {
    let node: Node = this.root;
    for (const name of path.split("/")) {
      if (name === "") continue;
      if (node.kind === "file") return undefined;
      const next = node.entries.get(name);
      if (next === undefined) return undefined;
      node = next;
    }
    return node;
  }

  file(path: string, operation = "open"): FileNode {
    const node = this.find(path);
    if (node === undefined) {
      throw systemError(this.#isBehindFile(path) ? "ENOTDIR" : "ENOENT", operation, path);
    }
    if (node.kind === "folder") throw systemError("EISDIR", operation, path);
    return node;
  }

  read(path: string): Buffer {
    return this.file(path).data;
  }

  text(path: string): string | undefined {
    const node = this.find(path);
    return node?.kind === "file" ? node.data.toString("utf8") : undefined;
  }

  list(path: string): string[] {
    const node = this.find(path);
    if (node === undefined) throw systemError("ENOENT", "scandir", path);
    if (node.kind === "file") throw systemError("ENOTDIR", "scandir", path);
    return [...node.entries.keys()].toSorted();
  }

  /** Every file below a folder, by its path from there. */
  filesBelow(path: string, prefix = ""): string[] {
    const node = this.find(path);
    if (node?.kind !== "folder") return [];
    return [...node.entries].flatMap(([name, child]) =>
      child.kind === "file" ? [prefix + name] : this.filesBelow(`${path}/${name}`, `${prefix}${name}/`),
    );
  }

  /** Opens a file to write to it: made when missing, cut to nothing unless `keep`; `exclusive` refuses one that is there. */
  create(
    path: string,
    mode: number,
    how: { readonly exclusive?: boolean; readonly keep?: boolean },
  ): FileNode {
    const there = this.find(path);
    if (there !== undefined) {
      if (how.exclusive === true) throw systemError("EEXIST", "open", path);
      if (there.kind === "folder") throw systemError("EISDIR", "open", path);
      if (how.keep !== true && there.data.length > 0) this.write(path, there, NOTHING);
      return there;
    }
    this.#around.before("create", path);
    const [folder, name] = this.#parent(path, "open");
    const node: FileNode = {
      kind: "file",
      ino: (this.#inodes += 1),
      mode,
      data: NOTHING,
      durable: NOTHING,
      names: 1,
      changedMs: this.#around.nowMs(),
    };
    this.#enter(folder, name, node);
    this.#around.changed(path);
    return node;
  }

  write(path: string, node: FileNode, data: Buffer): void {
    try {
      this.#around.before("write", path);
    } catch (error) {
      node.isPatched = false;
      // Killed in the middle of it; what was there stays where something is appended.
      const kept = data.subarray(0, node.data.length).equals(node.data) ? node.data.length : 0;
      node.data = data.subarray(0, kept + Math.floor(this.#around.random() * (data.length - kept + 1)));
      throw error;
    }
    node.data = data;
    node.isPatched = false;
    node.changedMs = this.#around.nowMs();
    this.#around.changed(path);
  }

  /** Overwrites bytes that are there: all of them, or none. */
  patch(path: string, node: FileNode, offset: number, bytes: Uint8Array): void {
    this.#around.before("write", path);
    const data = Buffer.from(node.data);
    data.set(bytes, offset);
    node.isPatched = node.isPatched === true || node.data === node.durable;
    node.data = data;
    node.changedMs = this.#around.nowMs();
    this.#around.changed(path);
  }

  /** Needs no space. */
  cut(path: string, node: FileNode, length: number): void {
    this.#around.before("truncate", path);
    node.data = node.data.subarray(0, length);
    node.changedMs = this.#around.nowMs();
    this.#around.changed(path);
  }

  /** Everything done to names so far is kept, and of this file the content. */
  flush(path: string, node: Node | undefined): void {
    this.#around.before("flush", path);
    this.#undo.length = 0;
    if (node?.kind !== "file") return;
    node.durable = node.data;
    node.isPatched = false;
  }

  makeFolder(path: string, mode = 0o755): void {
    this.#around.before("mkdir", path);
    const [folder, name] = this.#parent(path, "mkdir");
    if (folder.entries.has(name)) throw systemError("EEXIST", "mkdir", path);
    this.#enter(folder, name, this.#newFolder(mode));
    this.#around.changed(path);
  }

  makeFolders(path: string): void {
    const there = this.find(path);
    if (there?.kind === "folder") return;
    if (there?.kind === "file") throw systemError("EEXIST", "mkdir", path);
    const above = path.slice(0, path.lastIndexOf("/"));
    if (above !== "") this.makeFolders(above);
    this.makeFolder(path);
  }

  removeFolder(path: string): void {
    const node = this.find(path);
    if (node === undefined) throw systemError("ENOENT", "rmdir", path);
    if (node.kind === "file") throw systemError("ENOTDIR", "rmdir", path);
    if (node.entries.size > 0) throw systemError("ENOTEMPTY", "rmdir", path);
    this.#around.before("rmdir", path);
    const [folder, name] = this.#parent(path, "rmdir");
    this.#leave(folder, name, node);
    this.#around.changed(path);
  }

  unlink(path: string): void {
    const node = this.file(path, "unlink");
    this.#around.before("unlink", path);
    const [folder, name] = this.#parent(path, "unlink");
    this.#leave(folder, name, node);
    this.#around.changed(path);
  }

  /** Removes a folder with all that is in it, one after the other: it can be cut off anywhere. */
  removeAll(path: string): void {
    const node = this.find(path);
    if (node === undefined) return;
    if (node.kind === "file") return this.unlink(path);
    for (const name of node.entries.keys()) this.removeAll(`${path}/${name}`);
    this.removeFolder(path);
  }

  link(from: string, to: string): void {
    const node = this.file(from, "link");
    this.#around.before("link", to);
    const [folder, name] = this.#parent(to, "link");
    if (folder.entries.has(name)) throw systemError("EEXIST", "link", to);
    node.names += 1;
    this.#enter(folder, name, node);
    this.#around.changed(to);
  }

  rename(from: string, to: string): void {
    const node = this.find(from);
    if (node === undefined) throw systemError("ENOENT", "rename", from);
    this.#around.before("rename", to);
    const [source, oldName] = this.#parent(from, "rename");
    const [folder, name] = this.#parent(to, "rename");
    const there = folder.entries.get(name);
    if (there?.kind === "folder" && (node.kind === "file" || there.entries.size > 0)) {
      throw systemError(node.kind === "file" ? "EISDIR" : "ENOTEMPTY", "rename", to);
    }
    if (there?.kind === "file" && node.kind === "folder") throw systemError("ENOTDIR", "rename", to);
    this.#found.clear();
    source.entries.delete(oldName);
    folder.entries.set(name, node);
    this.#undo.push(() => {
      if (there === undefined) folder.entries.delete(name);
      else folder.entries.set(name, there);
      source.entries.set(oldName, node);
    });
    this.#around.changed(from);
    this.#around.changed(to);
  }

  /** Something to be done when a loss of power undoes what was just done to names. */
  atLoss(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** What a loss of power leaves. */
  losePower(): void {
    const { random } = this.#around;
    const kept = Math.floor(random() * (this.#undo.length + 1));
    this.#found.clear();
    for (const undo of this.#undo.splice(kept).toReversed()) undo();
    this.#undo.length = 0;
    this.#tear(this.root);
  }

  #tear(folder: FolderNode): void {
    const { random } = this.#around;
    for (const node of folder.entries.values()) {
      if (node.kind === "folder") this.#tear(node);
      else if (node.data !== node.durable) {
        const luck = random();
        if (luck < 0.25) node.data = node.durable;
        else if (luck < 0.5 && node.isPatched !== true) {
          node.data = node.data.subarray(0, Math.floor(random() * node.data.length));
        }
        node.durable = node.data;
      }
    }
  }

  #newFolder(mode: number): FolderNode {
    const ino = (this.#inodes += 1);
    return { kind: "folder", ino, mode, entries: new Map(), changedMs: this.#around.nowMs() };
  }

  #parent(path: string, operation: string): readonly [FolderNode, string] {
    const slash = path.lastIndexOf("/");
    const folder = this.find(path.slice(0, slash));
    if (folder?.kind !== "folder") {
      throw systemError(
        folder === undefined && !this.#isBehindFile(path) ? "ENOENT" : "ENOTDIR",
        operation,
        path,
      );
    }
    return [folder, path.slice(slash + 1)];
  }

  #isBehindFile(path: string): boolean {
    for (let slash = path.indexOf("/", 1); slash > 0; slash = path.indexOf("/", slash + 1)) {
      if (this.find(path.slice(0, slash))?.kind === "file") return true;
    }
    return false;
  }

  #enter(folder: FolderNode, name: string, node: Node): void {
    this.#found.clear();
    folder.entries.set(name, node);
    this.#undo.push(() => {
      folder.entries.delete(name);
      if (node.kind === "file") node.names -= 1;
    });
  }

  #leave(folder: FolderNode, name: string, node: Node): void {
    this.#found.clear();
    folder.entries.delete(name);
    if (node.kind === "file") node.names -= 1;
    this.#undo.push(() => {
      folder.entries.set(name, node);
      if (node.kind === "file") node.names += 1;
    });
  }
}
