import { spawn } from "node:child_process";
import { constants } from "node:os";
import { Readable, Writable } from "node:stream";

/** A program that is talked to over its pipes; what it says on standard error is this process's. */
export interface Piped {
  readonly input: WritableStream<Uint8Array>;
  readonly output: ReadableStream<Uint8Array>;
  /** Settles with how it ended: an exit status, 128 and its number for a signal, as a shell has it. */
  readonly ended: Promise<number>;
  /** Closes its input, asks it to end when that does not do it, and lets go of it: what it left may hold its pipes. */
  readonly close: () => Promise<void>;
}

/** How long it may take to end by itself once nobody talks to it any more, in milliseconds. */
const LEAVE_MS = 2_000;

/** @throws Error when it cannot be started */
export async function spawnPiped(
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<Piped> {
  const child = spawn(file, args, { ...options, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<number>((resolve) => {
    child.on("exit", (status, signal) => {
      resolve(signal === null ? (status ?? 1) : 128 + constants.signals[signal]);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  // It may close its pipes before it ends, which its end tells.
  child.stdin.on("error", () => undefined);
  return {
    input: Writable.toWeb(child.stdin) as WritableStream<Uint8Array>,
    output: Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>,
    ended,
    close: async () => {
      child.stdin.destroy();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, LEAVE_MS);
      });
      await Promise.race([ended, late]);
      clearTimeout(timer);
      child.kill();
      child.stdout.destroy();
      child.unref();
    },
  };
}
