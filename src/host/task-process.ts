import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, readSync, writeSync } from "node:fs";
import { hasCode } from "./files.ts";
import { openOutput, started } from "./spawn.ts";

export interface TaskProcessOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where its standard error is appended. */
  readonly errorFile: string;
}

/**
 * A program in a session of its own that does one task after the other. The first comes with its arguments, each later
 * one as a line of its standard input; a byte of its standard output says that it is done with one. When its input ends
 * it leaves; a task that is under way goes on to its end without us.
 */
export class TaskProcess {
  readonly #child: ChildProcess;
  /** Settles when it has ended. */
  readonly ended: Promise<void>;
  /** The tasks that it has and has not said to be done with, oldest first; each settles with its end. */
  readonly #tasks: PromiseWithResolvers<undefined>[] = [Promise.withResolvers()];
  #isOver = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = new Promise((resolve) => {
      child.on("exit", () => {
        this.#isOver = true;
        for (const task of this.#tasks) task.resolve(undefined);
        resolve();
      });
    });
    child.stdout?.on("data", (said: Buffer) => {
      for (const task of this.#tasks.splice(0, said.length)) task.resolve(undefined);
    });
    // One that has ended takes no task any more, which its end tells.
    child.stdin?.on("error", () => undefined);
    child.stdout?.on("error", () => undefined);
  }

  /** @throws ChantError DISK_FULL */
  static async start(
    file: string,
    args: readonly string[],
    { cwd, env, errorFile }: TaskProcessOptions,
  ): Promise<TaskProcess> {
    const errors = openOutput(errorFile);
    try {
      const child = spawn(file, args, { cwd, env, detached: true, stdio: ["pipe", "pipe", errors] });
      const process = new TaskProcess(child);
      await started(child);
      return process;
    } finally {
      closeSync(errors);
    }
  }

  /** It waits for a task. */
  get isFree(): boolean {
    return this.#tasks.length === 0 && !this.#isOver;
  }

  /** It was dismissed, or has ended: it takes no task any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Settles when it is done with all tasks that it has now, or has ended. */
  get done(): Promise<unknown> {
    return this.#tasks.at(-1)?.promise ?? Promise.resolve();
  }

  /** @param text one line; it comes to it when it is done with those before */
  give(text: string): void {
    const task = Promise.withResolvers<undefined>();
    this.#tasks.push(task);
    if (this.#isOver) task.resolve(undefined);
    else this.#child.stdin?.write(`${text}\n`);
  }

  /** Gives it nothing more. */
  dismiss(): void {
    this.#isOver = true;
    this.#child.stdin?.end();
    this.#child.stdout?.destroy();
  }
}

/** How much is read at once, in bytes. */
const PIECE_BYTES = 16_384;

/**
 * The other side, in such a program: returns what says that the task before is done, and waits for the next one;
 * undefined when there is none any more. It blocks this process, which has nothing else to do.
 */
export function taskReader(): () => string | undefined {
  let ahead = Buffer.alloc(0);
  const piece = Buffer.alloc(PIECE_BYTES);
  return () => {
    try {
      writeSync(1, "\n");
      while (!ahead.includes("\n")) {
        const size = readSync(0, piece, 0, PIECE_BYTES, null);
        if (size === 0) return undefined;
        ahead = Buffer.concat([ahead, piece.subarray(0, size)]);
      }
    } catch (error) {
      // Whoever gave it tasks is gone.
      if (hasCode(error, "EPIPE", "EOF", "ECONNRESET")) return undefined;
      throw error;
    }
    const end = ahead.indexOf("\n");
    const task = ahead.subarray(0, end).toString("utf8");
    ahead = ahead.subarray(end + 1);
    return task;
  };
}
