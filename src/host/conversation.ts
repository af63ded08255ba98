import { spawn } from "node:child_process";

/** A program that stays and answers one question after the other over its pipes. */
export interface Conversation extends Disposable {
  /**
   * Writes a question and returns the answer that `parse` finds at the start of what came back; `parse` returns
   * undefined as long as the answer is not whole.
   * @throws ConversationEnded when the program ends before it has answered
   */
  ask<T>(question: string, parse: Parse<T>): Promise<T>;
}

export type Parse<T> = (buffer: Buffer) => { readonly value: T; readonly used: number } | undefined;

/** The program is no more. */
export class ConversationEnded extends Error {
  /** True when it was killed with the question before it: it may or may not have done what it was asked. */
  readonly isDoubtful: boolean;

  constructor(file: string, isDoubtful: boolean) {
    super(`${file} ended while it was asked`);
    this.isDoubtful = isDoubtful;
  }
}

interface Waiting {
  readonly feed: (buffer: Buffer) => number | undefined;
  readonly fail: (error: Error) => void;
  /** False once it is known that the program did not get the question. */
  mayBeHeard: boolean;
}

/** Starts the program; it ends when disposed of, or with this process. */
export function converse(command: {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** How long an answer may take, in milliseconds: one that takes longer is killed. */
  readonly limitMs: number;
}): Conversation {
  const child = spawn(command.file, command.args, {
    cwd: "/",
    env: command.env,
    // Ctrl-C at the terminal is for chant, which still has questions then.
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  let buffer: Buffer = Buffer.alloc(0);
  let hasEnded = false;
  const waiting: Waiting[] = [];
  let late: NodeJS.Timeout | undefined;
  const watch = (): void => {
    clearTimeout(late);
    late = waiting.length === 0 ? undefined : setTimeout(() => child.kill("SIGKILL"), command.limitMs);
  };
  const end = (isDoubtful: boolean): void => {
    hasEnded = true;
    clearTimeout(late);
    for (const one of waiting.splice(0)) {
      one.fail(new ConversationEnded(command.file, isDoubtful && one.mayBeHeard));
    }
  };
  child.on("error", () => end(false));
  child.on("close", (_status, signal) => end(signal !== null));
  // It closed its input before it read the last question; "close" tells how it ended.
  child.stdin.on("error", () => undefined);
  child.stdout.on("data", (chunk: Buffer) => {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const used = first.feed(buffer);
      if (used === undefined) return;
      buffer = buffer.subarray(used);
      waiting.shift();
      watch();
    }
  });
  return {
    ask: <T>(question: string, parse: Parse<T>): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        if (hasEnded) return reject(new ConversationEnded(command.file, false));
        const feed = (bytes: Buffer): number | undefined => {
          const answer = parse(bytes);
          if (answer === undefined) return undefined;
          resolve(answer.value);
          return answer.used;
        };
        const one = { feed, fail: reject, mayBeHeard: true };
        waiting.push(one);
        if (late === undefined) watch();
        child.stdin.write(question, (error) => {
          if (error !== null && error !== undefined) one.mayBeHeard = false;
        });
      }),
    [Symbol.dispose]: () => {
      child.stdin.end();
      child.kill("SIGKILL");
    },
  };
}
