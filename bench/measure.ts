import { spawn } from "node:child_process";
import { existsSync, statfsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { arch, platform, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The program that is measured: the executable. */
export const chant = join(root, "dist", `chant-${platform()}-${arch()}`);

/** A folder on a tmpfs where there is one, removed at the end. */
export async function scratch(): Promise<{ readonly path: string } & AsyncDisposable> {
  const shm = "/dev/shm";
  const isRoomy = existsSync(shm) && statfsSync(shm).bavail * statfsSync(shm).bsize > 2 * 1024 ** 3;
  const path = await mkdtemp(join(isRoomy ? shm : tmpdir(), "chant-bench-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** An environment in which nothing of this machine's user counts. */
export function cleanEnvironment(home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: home,
    XDG_CACHE_HOME: join(home, "cache"),
    GIT_CONFIG_NOSYSTEM: "1",
    CHANT_NO_WATCH: "1",
    GIT_AUTHOR_NAME: "Bench",
    GIT_AUTHOR_EMAIL: "bench@example.com",
    GIT_COMMITTER_NAME: "Bench",
    GIT_COMMITTER_EMAIL: "bench@example.com",
  };
}

/** Runs a command to its end and returns how long it took, in milliseconds. Throws when it fails. */
export function time(
  file: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(file, args, { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
    let words = "";
    child.stderr.on("data", (chunk: Buffer) => (words += chunk.toString("utf8")));
    child.on("error", reject);
    child.on("exit", (status) => {
      const took = performance.now() - started;
      if (status === 0) resolve(took);
      else reject(new Error(`${file} ${args.join(" ")} ended with ${status}: ${words}`));
    });
  });
}

/** The value that a share of all values lies below, or is; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN;
}

const median = (values: readonly number[]): number => quantile(values, 0.5);

/** One line of a result: medians, spread, and the ratio of both. */
export function report(
  name: string,
  ours: readonly number[],
  base: readonly number[],
  baseName: string,
): void {
  const ratio = median(ours) / median(base);
  const show = (values: readonly number[]): string =>
    `${median(values).toFixed(1)} ms (${Math.min(...values).toFixed(1)}..${Math.max(...values).toFixed(1)})`;
  process.stdout.write(`${name}: ${show(ours)}, ${baseName}: ${show(base)}, ratio ${ratio.toFixed(2)}\n`);
}
