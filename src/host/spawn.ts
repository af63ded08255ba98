import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { diskFull, hasCode } from "./files.ts";

export interface RunOptions {
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string | Uint8Array;
  /** Ends the program after this long, in milliseconds. */
  readonly timeoutMs?: number;
  /** Runs in a session of its own, so that Ctrl-C at the terminal does not reach it. */
  readonly detached?: boolean;
}

export interface RunResult {
  readonly status: number | undefined;
  readonly signal: string | undefined;
  /** It was ended because its time was over. */
  readonly isLate: boolean;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a program to its end and returns what it printed; a status other than 0 is a result, not an error. */
export function runProgram(file: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env,
      detached: options.detached ?? false,
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => err.push(chunk));
    let isLate = false;
    const kill = (): void => {
      isLate = true;
      // With what it started: that would keep its outputs open, and be waited for.
      if (options.detached === true && child.pid !== undefined) signalProcess(-child.pid, "SIGKILL");
      else child.kill("SIGKILL");
    };
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(kill, options.timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      resolve({
        status: status ?? undefined,
        signal: signal ?? undefined,
        isLate,
        stdout: Buffer.concat(out),
        stderr: Buffer.concat(err).toString("utf8"),
      });
    });
    if (options.input !== undefined && child.stdin !== null) {
      // A program that does not read its input closes the pipe early; its status says the rest.
      child.stdin.on("error", () => {});
      child.stdin.end(options.input);
    }
  });
}

export interface DetachedOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Standard input: a file, or nothing. */
  readonly stdinFile?: string;
  /** Where both outputs are appended. */
  readonly outputFile: string;
  /** Where standard error is appended instead. */
  readonly errorFile?: string;
}

export interface Detached {
  readonly pid: number;
  /** Settles when the program ends; a parent that goes away before does not disturb it. */
  readonly ended: Promise<{ readonly status: number | undefined; readonly signal: string | undefined }>;
}

/** Starts a program in a session of its own, its output appended to a file, so that it outlives this process. */
export async function spawnDetached(
  file: string,
  args: readonly string[],
  options: DetachedOptions,
): Promise<Detached> {
  const output = openOutput(options.outputFile);
  const errors = options.errorFile === undefined ? undefined : openOutput(options.errorFile);
  const input = options.stdinFile === undefined ? undefined : openSync(options.stdinFile, "r");
  try {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: [input ?? "ignore", output, errors ?? output],
    });
    const ended = new Promise<{ status: number | undefined; signal: string | undefined }>((resolve) => {
      child.on("exit", (status, signal) =>
        resolve({ status: status ?? undefined, signal: signal ?? undefined }),
      );
    });
    return { pid: await started(child), ended };
  } finally {
    for (const each of [output, errors, input]) if (each !== undefined) closeSync(each);
  }
}

/** Waits until a program runs, and returns its pid. It keeps this process from its end no longer. */
export async function started(child: ChildProcess): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  if (child.pid === undefined) throw new Error("a program started without a pid");
  child.unref();
  return child.pid;
}

/** @throws ChantError DISK_FULL */
export function openOutput(path: string): number {
  try {
    return openSync(path, "a", 0o600);
  } catch (error) {
    throw diskFull(error, path) ?? error;
  }
}

/** Returns the pids whose environment carries `NAME=value`. Only Linux tells; elsewhere there are none to be found. */
export function pidsWithEnvironment(name: string, value: string): readonly number[] {
  if (process.platform !== "linux") return [];
  const wanted = `${name}=${value}`;
  const found: number[] = [];
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(wanted)) found.push(pid);
    } catch {
      // Gone meanwhile, or somebody else's.
    }
  }
  return found;
}

/** Returns the pids of processes that work in a folder or below it. Only Linux tells. */
export function pidsWithin(folder: string): readonly number[] {
  if (process.platform !== "linux") return [];
  const found: number[] = [];
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    try {
      const cwd = readlinkSync(`/proc/${pid}/cwd`);
      if (cwd === folder || cwd.startsWith(`${folder}/`)) found.push(pid);
    } catch {
      // Gone meanwhile, or somebody else's.
    }
  }
  return found;
}

/**
 * Tells whether a process group has a living member. One that has ended and was not fetched by its parent yet is none:
 * a container's first process may take its time for that, or never do it. Elsewhere than on Linux it counts.
 */
export function isGroupAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  if (process.platform !== "linux") return true;
  return readdirSync("/proc").some((entry) => /^\d+$/.test(entry) && isLivingMember(entry, group));
}

function isLivingMember(pid: string, group: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // After the command's name, which may hold spaces and brackets: state, parent, group.
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(itsGroup) === group && state !== "Z" && state !== "X";
  } catch {
    return false;
  }
}

/**
 * Sends a signal to a process (or, with a negative pid, to a process group). One that is gone is fine; one that has made
 * itself another user's stays, which whoever waits for its end sees.
 */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, "ESRCH", "EPERM")) throw error;
  }
}
