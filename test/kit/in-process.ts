import type { Context, Terminal } from "../../src/cli/context.ts";
import { failureOf, failureText } from "../../src/cli/failure.ts";
import { runCli } from "../../src/cli/run.ts";
import { systemClock } from "../../src/host/clock.ts";
import type { TempRepo } from "./temp-repo.ts";

/** What a command said and how it ended. */
export interface Said {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line of chant in this process, off a terminal: for tables that would be slow as whole processes. */
export async function chantInProcess(repo: TempRepo, args: readonly string[]): Promise<Said> {
  let stdout = "";
  let stderr = "";
  const terminal: Terminal = {
    out: (text) => void (stdout += text),
    err: (text) => void (stderr += text),
    isTerminal: () => false,
    hasColor: () => false,
    size: () => ({ width: 80, height: 24 }),
    onResize: () => ({ [Symbol.dispose]: () => {} }),
    fullScreen: () => {
      throw new Error("there is no screen here");
    },
    ask: () => undefined,
    readAll: () => "",
  };
  const context: Context = {
    process: {
      stdout: { write: (text) => terminal.out(text) },
      stderr: { write: (text) => terminal.err(text) },
      env: repo.env,
    },
    terminal,
    cwd: repo.path,
    env: repo.env,
    clock: systemClock,
    version: () => Promise.resolve("0.0.0"),
    interruption: () => ({
      signal: new AbortController().signal,
      status: undefined,
      [Symbol.dispose]: () => {},
    }),
    fail: (thrown) => {
      const failure = failureOf(thrown);
      terminal.err(failureText(failure, undefined, false));
      return failure.exitStatus;
    },
  };
  const status = await runCli(args, context);
  return { status, stdout, stderr };
}
