import { systemError } from "../disk.ts";
import {
  appendFileSync,
  closeSync,
  constants,
  created,
  fsyncSync,
  lstatSync,
  mkdirSync,
  opened,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  self,
  statsOf,
  unlinkSync,
} from "./fs.ts";

/* The part of `node:fs/promises` that chant uses. */

export interface FileHandle {
  readonly fd: number;
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  write(buffer: Buffer, offset: number, length: number, position: number): Promise<void>;
  stat(): Promise<object>;
  datasync(): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function open(path: string, flags: string | number = "r", mode = 0o666): Promise<FileHandle> {
  if (flags === constants.O_RDWR) created(path, "a", mode);
  const fd = openSync(path, flags, mode);
  const close = async (): Promise<void> => closeSync(fd);
  return {
    fd,
    close,
    [Symbol.asyncDispose]: close,
    stat: async () => statsOf(opened(fd).node),
    datasync: async () => fsyncSync(fd),
    sync: async () => fsyncSync(fd),
    write: async (buffer, offset, length, position) => {
      const { path: name, node } = opened(fd);
      if (node.kind === "folder") throw systemError("EISDIR", "write", path);
      self().machine.disk.patch(name, node, position, buffer.subarray(offset, offset + length));
    },
    read: async (buffer, offset, length, position) => {
      const { node } = opened(fd);
      if (node.kind === "folder") throw systemError("EISDIR", "read", path);
      return {
        bytesRead: node.data.copy(buffer, offset, position, Math.min(position + length, node.data.length)),
      };
    },
  };
}

export async function appendFile(path: string, data: string): Promise<void> {
  appendFileSync(path, data);
}

export async function mkdir(path: string, options: { readonly recursive?: boolean } = {}): Promise<void> {
  mkdirSync(path, options);
}

export async function realpath(path: string): Promise<string> {
  if (self().machine.disk.find(path) === undefined) throw systemError("ENOENT", "realpath", path);
  return path;
}

export async function rm(
  path: string,
  options: { readonly force?: boolean; readonly recursive?: boolean },
): Promise<void> {
  rmSync(path, options);
}

export async function lstat(path: string): Promise<object | undefined> {
  return lstatSync(path);
}

export const stat = (path: string): Promise<object | undefined> => lstat(path);

export async function readdir(path: string): Promise<readonly string[]> {
  return readdirSync(path);
}

export async function rename(from: string, to: string): Promise<void> {
  renameSync(from, to);
}

export async function unlink(path: string): Promise<void> {
  unlinkSync(path);
}

export async function statfs(): Promise<{ readonly type: number }> {
  return { type: 0xef53 };
}
