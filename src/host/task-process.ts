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
 * one as a line of its standard input; a line of its standard output says that it is done with one. When its input ends
 * it leaves; a task that is under way goes on to its end without us.
 */
export class TaskProcess {
  readonly #child: ChildProcess;
  /** Settles when it has ended. */
  readonly ended: Promise<void>;
  #done = Promise.withResolvers<undefined>();
  #hasSaidDone = false;
  /** It was dismissed, or has ended. */
  #isOver = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = new Promise((resolve) => {
      child.on("exit", () => {
        this.#isOver = true;
        this.#done.resolve(undefined);
        resolve();
      });
    });
    child.stdout?.on("data", () => {
      this.#hasSaidDone = true;
      this.#done.resolve(undefined);
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
    return this.#hasSaidDone && !this.#isOver;
  }

  /** Settles when it is done with the task that it has now, or has ended. */
  get done(): Promise<undefined> {
    return this.#done.promise;
  }

  /** @param task one line */
  give(task: string): void {
    this.#hasSaidDone = false;
    this.#done = Promise.withResolvers();
    this.#child.stdin?.write(`${task}\n`);
  }

  /** Gives it nothing more. */
  dismiss(): void {
    this.#isOver = true;
    this.#child.stdin?.end();
    this.#child.stdout?.destroy();
  }
}

/** The longest task, in bytes: two paths and a few words. */
const TASK_BYTES = 16_384;

/**
 * Says that the task before is done, and waits for the next one; undefined when there is none any more. Blocks this
 * process: it has nothing else to do.
 */
export function nextTask(): string | undefined {
  try {
    writeSync(1, "\n");
    const bytes = Buffer.alloc(TASK_BYTES);
    let size = 0;
    while (!bytes.subarray(0, size).includes("\n")) {
      const read = readSync(0, bytes, size, bytes.length - size, null);
      if (read === 0) return undefined;
      size += read;
    }
    return bytes.subarray(0, size).toString("utf8").trimEnd();
  } catch (error) {
    // Whoever gave it tasks is gone.
    if (hasCode(error, "EPIPE", "EOF", "ECONNRESET")) return undefined;
    throw error;
  }
}
