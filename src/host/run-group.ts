import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { hasCode } from "./files.ts";
import { belongingPids } from "./process-tree.ts";
import { signalProcess } from "./spawn.ts";

export interface GroupOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Then it is killed, with all that it started. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** How a program ended. `said`: the last line of its standard error, empty when there is none. */
export type GroupEnd =
  | { readonly kind: "exited"; readonly status: number; readonly said: string }
  | { readonly kind: "signalled"; readonly signal: string; readonly said: string }
  /** Killed after its time, or because somebody asked. */
  | { readonly kind: "killed"; readonly isLate: boolean }
  | { readonly kind: "not_started"; readonly isMissing: boolean; readonly problem: string };

/** How much of its standard error is kept, in bytes. */
const KEPT_BYTES = 4096;
/** How long the rest of its output may take once it has ended: something that it left behind may hold the pipe. */
const REST_MS = 200;

/** Carried by all that it starts, also by what leaves its group. */
const MARK = "CHANT_GROUP";

/** How often it is looked again: what is killed may have started another meanwhile. */
const ROUNDS = 3;

/** Runs a program in a process group of its own, so that none of it outlives its time. Its output is not shown. */
export function runGroup(file: string, args: readonly string[], options: GroupOptions): Promise<GroupEnd> {
  const { cwd, input, timeoutMs, signal } = options;
  const mark = randomUUID();
  const env = { ...options.env, [MARK]: mark };
  return new Promise((resolve) => {
    let child: ChildProcess;
    const timers: NodeJS.Timeout[] = [];
    const settle = (end: GroupEnd): void => {
      timers.forEach(clearTimeout);
      signal.removeEventListener("abort", stop);
      child.stderr?.destroy();
      resolve(end);
    };
    const kill = (isLate: boolean): void => {
      // Without a pid it never started, which is told by its error.
      if (child.pid === undefined) return;
      killAll(child.pid, mark);
      settle({ kind: "killed", isLate });
    };
    const stop = (): void => kill(false);
    try {
      child = spawn(file, args, { cwd, env, detached: true, stdio: ["pipe", "ignore", "pipe"] });
    } catch (error) {
      resolve(notStarted(error));
      return;
    }
    let said = Buffer.alloc(0);
    child.stderr?.on("data", (chunk: Buffer) => {
      said = Buffer.concat([said, chunk]).subarray(-KEPT_BYTES);
    });
    child.on("error", (error) => settle(notStarted(error)));
    child.on("exit", (status, by) => {
      const told = (): void => settle(endOf(status, by, lastLineOf(said)));
      child.on("close", told);
      timers.push(setTimeout(told, REST_MS));
    });
    timers.push(setTimeout(() => kill(true), timeoutMs));
    signal.addEventListener("abort", stop);
    // A program that does not read its input closes the pipe early; its status says the rest.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input ?? "");
    if (signal.aborted) stop();
  });
}

function killAll(group: number, mark: string): void {
  for (let round = 0; round < ROUNDS; round += 1) {
    // Looked for before their parents are gone, by which some are known.
    const pids = belongingPids({ mark: `${MARK}=${mark}`, group });
    // Found or not: only Linux tells who belongs.
    signalProcess(-group, "SIGKILL");
    for (const pid of pids) signalProcess(pid, "SIGKILL");
    if (pids.length === 0) return;
  }
}

const notStarted = (error: unknown): GroupEnd => ({
  kind: "not_started",
  isMissing: hasCode(error, "ENOENT"),
  problem: error instanceof Error ? error.message : String(error),
});

const endOf = (status: number | null, signal: string | null, said: string): GroupEnd =>
  status === null
    ? { kind: "signalled", signal: signal ?? "a signal", said }
    : { kind: "exited", status, said };

const lastLineOf = (bytes: Buffer): string =>
  bytes
    .toString("utf8")
    .split("\n")
    .map((line) => line.trim())
    .findLast((line) => line !== "") ?? "";
