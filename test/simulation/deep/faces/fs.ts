import { hashOf } from "../git/store.ts";
import { type Machine, requireProcess, type SimProcess } from "../machine.ts";
import { type FileNode, type Node, systemError } from "../disk.ts";

/*
 * The part of `node:fs` that chant uses, over the disk of the machine that the calling process runs on. A function that
 * is missing here is one that chant did not use so far: calling it fails the test.
 */

export const constants = {
  O_RDONLY: 0,
  O_RDWR: 2,
  O_NOFOLLOW: 0x20000,
  O_NONBLOCK: 0x800,
  COPYFILE_FICLONE: 2,
};

const UID = process.getuid?.() ?? 0;

/** What `stat` tells of a node. */
export function statsOf(node: Node): object {
  return {
    isFile: () => node.kind === "file",
    isDirectory: () => node.kind === "folder",
    isSymbolicLink: () => false,
    size: node.kind === "file" ? node.data.length : 4096,
    ino: node.ino,
    mode: node.mode,
    nlink: node.kind === "file" ? node.names : 1,
    uid: UID,
    mtimeMs: node.changedMs,
    ctimeMs: node.changedMs,
  };
}

/** A living process may go on; of one that is dead nothing has an effect. */
export function self(): SimProcess {
  const process = requireProcess();
  process.machine.strike(process, 0);
  return process;
}

type Data = string | Uint8Array;
const bytesOf = (data: Data): Buffer =>
  typeof data === "string" ? Buffer.from(data, "utf8") : Buffer.from(data);

export function existsSync(path: string): boolean {
  return self().machine.disk.find(path) !== undefined;
}

export function lstatSync(
  path: string,
  options: { readonly throwIfNoEntry?: boolean } = {},
): object | undefined {
  const node = self().machine.disk.find(path);
  if (node !== undefined) return statsOf(node);
  if (options.throwIfNoEntry === false) return undefined;
  throw systemError("ENOENT", "lstat", path);
}

export const statSync = (...args: Parameters<typeof lstatSync>): object | undefined => lstatSync(...args);

export function readFileSync(path: string, encoding?: BufferEncoding): Buffer | string {
  const { machine } = self();
  const data = path.startsWith("/proc/") ? aboutProcess(path) : machine.disk.read(path);
  return encoding === undefined ? Buffer.from(data) : data.toString(encoding);
}

function aboutProcess(path: string): Buffer {
  const [, pid = "", what] = /^\/proc\/(\d+)\/(environ|stat)$/.exec(path) ?? [];
  const process = self().machine.processes.get(Number(pid));
  if (process === undefined) throw systemError("ENOENT", "open", path);
  // Who started whom is not kept here: each looks like a child of the first process.
  if (what === "stat") return Buffer.from(`${pid} (sim) S 1 ${process.group} ${process.group} 0\n`);
  return Buffer.from(
    Object.entries(process.env)
      .map(([name, value]) => `${name}=${value}\0`)
      .join(""),
  );
}

export function readdirSync(path: string): string[] {
  const { machine } = self();
  return path === "/proc" ? [...machine.processes.keys()].map(String) : machine.disk.list(path);
}

export function mkdirSync(
  path: string,
  options: { readonly recursive?: boolean; readonly mode?: number } = {},
): void {
  const { disk } = self().machine;
  if (options.recursive === true) disk.makeFolders(path);
  else disk.makeFolder(path, options.mode);
}

export function openSync(path: string, flags: string | number, mode = 0o666): number {
  const process = self();
  const { machine } = process;
  const node = typeof flags === "number" || flags === "r" ? found(path) : created(path, flags, mode);
  const handle = machine.newHandle();
  machine.openFiles.set(handle, { process, path, node });
  return handle;
}

function found(path: string): Node {
  const node = self().machine.disk.find(path);
  if (node === undefined) throw systemError("ENOENT", "open", path);
  return node;
}

export function created(path: string, flags: string, mode: number): FileNode {
  const how = { exclusive: flags.includes("x"), keep: flags.startsWith("a") };
  return self().machine.disk.create(path, mode, how);
}

/** Returns the path and node behind an open file's number. */
export function opened(handle: number): { readonly path: string; readonly node: Node } {
  const file = self().machine.openFiles.get(handle);
  if (file === undefined) throw systemError("EBADF", "use", String(handle));
  return { path: file.path, node: file.node as Node };
}

export function closeSync(handle: number): void {
  self().machine.openFiles.delete(handle);
}

export function fsyncSync(handle: number): void {
  const { path, node } = opened(handle);
  self().machine.disk.flush(path, node);
}

export function writeFileSync(
  to: number | string,
  data: Data,
  options: { readonly mode?: number } = {},
): void {
  const { disk } = self().machine;
  if (typeof to === "string") {
    disk.write(to, disk.create(to, options.mode ?? 0o666, {}), bytesOf(data));
    return;
  }
  const { path, node } = opened(to);
  if (node.kind === "folder") throw systemError("EISDIR", "write", path);
  disk.write(path, node, Buffer.concat([node.data, bytesOf(data)]));
}

export function appendFileSync(path: string, data: Data): void {
  const { disk } = self().machine;
  const node = disk.create(path, 0o666, { keep: true });
  disk.write(path, node, Buffer.concat([node.data, bytesOf(data)]));
}

export function linkSync(from: string, to: string): void {
  self().machine.disk.link(from, to);
}

export function renameSync(from: string, to: string): void {
  self().machine.disk.rename(from, to);
}

export function unlinkSync(path: string): void {
  self().machine.disk.unlink(path);
}

export function rmdirSync(path: string): void {
  self().machine.disk.removeFolder(path);
}

export function rmSync(
  path: string,
  options: { readonly force?: boolean; readonly recursive?: boolean } = {},
): void {
  const { machine } = self();
  const { disk } = machine;
  const node = disk.find(path);
  if (node === undefined && options.force === true) return;
  if (options.recursive === true) {
    noteRemoval(machine, path);
    disk.removeAll(path);
  } else disk.unlink(path);
}

/** What goes with a worktree has to be kept elsewhere. */
function noteRemoval({ disk, removedBlobs }: Machine, path: string): void {
  if (!path.startsWith("/wt/")) return;
  for (const file of disk.filesBelow(path)) {
    if (file === ".git" || /^\.chant-status\.json(?:\.tmp)?$/.test(file)) continue;
    const data = disk.read(`${path}/${file}`);
    removedBlobs.set(hashOf("blob", data), { path: `${path}/${file}`, data });
  }
}

export function copyFileSync(from: string, to: string): void {
  const { disk } = self().machine;
  const source = disk.file(from, "copyfile");
  disk.write(to, disk.create(to, source.mode, {}), source.data);
}

export function realpathSync(path: string): string {
  return path;
}

export interface FSWatcher {
  close(): void;
  on(event: string, listener: () => void): void;
}

export function watch(path: string, ...rest: readonly unknown[]): FSWatcher {
  const process = self();
  const { machine } = process;
  if (machine.disk.find(path) === undefined) throw systemError("ENOENT", "watch", path);
  const watcher = { process, path, tell: rest.at(-1) as () => void };
  machine.watchers.add(watcher);
  return { close: () => machine.watchers.delete(watcher), on: () => undefined };
}

export function truncateSync(path: string, length: number): void {
  const { disk } = self().machine;
  const node = disk.file(path, "truncate");
  disk.cut(path, node, length);
}

export function utimesSync(path: string, _accessedS: number, changedS: number): void {
  self().machine.disk.file(path, "utime").changedMs = changedS * 1_000;
}
