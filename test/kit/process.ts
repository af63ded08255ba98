import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface Ended {
  /** The exit status, or undefined when a signal ended it. */
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Standard input; closed at once when left out. */
  readonly input?: string | undefined;
}

/** A program that is running. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** What it has printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Settles once `isThere` holds for its outputs; rejects when it ends before, or after `limitMs`. */
  readonly printed: (isThere: (stdout: string, stderr: string) => boolean, limitMs?: number) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
}

const LIMIT_MS = 30_000;

export function start(file: string, args: readonly string[], options: StartOptions): Running {
  const child = spawn(file, args, { cwd: options.cwd, env: options.env, stdio: ["pipe", "pipe", "pipe"] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const stdout = (): string => Buffer.concat(out).toString("utf8");
  const stderr = (): string => Buffer.concat(err).toString("utf8");
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  // A program that does not read its input closes the pipe early; its status says the rest.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) =>
      resolve({
        status: status ?? undefined,
        signal: signal ?? undefined,
        stdout: stdout(),
        stderr: stderr(),
      }),
    );
  });
  const said = (): string => `stdout: ${stdout()}\nstderr: ${stderr()}`;
  const printed: Running["printed"] = (isThere, limitMs = LIMIT_MS) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => settle(new Error(`Not printed within ${limitMs} ms.\n${said()}`)),
        limitMs,
      );
      const look = (): void => {
        if (isThere(stdout(), stderr())) settle();
      };
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        child.stdout.off("data", look);
        child.stderr.off("data", look);
        if (error === undefined) resolve();
        else reject(error);
      };
      child.stdout.on("data", look);
      child.stderr.on("data", look);
      ended.then(
        () => settle(isThere(stdout(), stderr()) ? undefined : new Error(`It ended.\n${said()}`)),
        (error: unknown) => settle(error instanceof Error ? error : new Error(String(error))),
      );
      look();
    });
  return {
    pid: child.pid ?? 0,
    ended,
    stdout,
    stderr,
    printed,
    kill: (signal) => void child.kill(signal),
  };
}

/** Runs a program to its end; one that takes longer than `limitMs` is killed and fails the test. */
export async function run(
  file: string,
  args: readonly string[],
  options: StartOptions,
  limitMs = LIMIT_MS,
): Promise<Ended> {
  const running = start(file, args, options);
  const late = AbortSignal.timeout(limitMs);
  const kill = (): void => running.kill("SIGKILL");
  late.addEventListener("abort", kill);
  try {
    const ended = await running.ended;
    if (!late.aborted) return ended;
    const call = [file, ...args].join(" ");
    throw new Error(`${call} took more than ${limitMs} ms.\n${ended.stdout}${ended.stderr}`);
  } finally {
    late.removeEventListener("abort", kill);
  }
}

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

/** Returns the living processes whose environment holds `NAME=value`. Where there is no /proc, none are seen. */
export function processesWith(name: string, value: string): readonly FoundProcess[] {
  return listProc().flatMap((pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`${name}=${value}`)) return [];
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return [{ pid, command }];
    } catch {
      // It has ended meanwhile, or belongs to somebody else.
      return [];
    }
  });
}

function listProc(): readonly number[] {
  try {
    return readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .filter((pid) => pid !== process.pid);
  } catch {
    return [];
  }
}
