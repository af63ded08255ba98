import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ChantOptions, programUnderTest } from "./chant.ts";
import { type Ended, run } from "./process.ts";
import type { TempRepo } from "./temp-repo.ts";

/** The calls of the system by which a program changes files; of openat only those that make one. */
const CHANGING = [
  "rename",
  "renameat",
  "renameat2",
  "link",
  "linkat",
  "symlink",
  "symlinkat",
  "unlink",
  "unlinkat",
  "rmdir",
  "mkdir",
  "mkdirat",
  "write",
  "writev",
  "pwrite64",
  "ftruncate",
  "fsync",
  "fdatasync",
  "copy_file_range",
] as const;

/** One moment: just as a thread makes its call number `at` of this kind. */
export interface Moment {
  readonly call: string;
  readonly at: number;
}

/** Threads are followed, programs that are started are not: git, runner and agent are left alone. */
const FOLLOW = ["-f", "--detach-on=execve"];

/** Tells whether programs can be traced here: not everywhere there is strace, nor is it always allowed. */
export const canTrace = (): boolean =>
  process.platform === "linux" && spawnSync("strace", [...FOLLOW, "-o", "/dev/null", "true"]).status === 0;

const traced = (
  repo: TempRepo,
  options: readonly string[],
  args: readonly string[],
  { env }: ChantOptions = {},
): Promise<Ended> =>
  run("strace", [...FOLLOW, ...options, ...programUnderTest(), ...args], {
    cwd: repo.path,
    env: { ...repo.env, ...env },
  });

/** Runs chant, and returns every moment at which it could be killed among its changes to files. */
export async function momentsOf(repo: TempRepo, args: readonly string[]): Promise<readonly Moment[]> {
  const output = join(repo.root, "trace");
  const { status, stderr } = await traced(repo, ["-o", output, "-e", `trace=${CHANGING.join()}`], args);
  if (status !== 0) throw new Error(`chant ${args.join(" ")} ended with ${status} under strace: ${stderr}`);
  const made = new Map<string, number>();
  for (const line of (await readFile(output, "utf8")).split("\n")) {
    const [, thread = "", call = ""] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (call !== "") made.set(`${thread} ${call}`, (made.get(`${thread} ${call}`) ?? 0) + 1);
  }
  const most = new Map<string, number>();
  for (const [key, count] of made) {
    const [, call = ""] = key.split(" ");
    most.set(call, Math.max(most.get(call) ?? 0, count));
  }
  return [...most].flatMap(([call, count]) =>
    Array.from({ length: count }, (_, at): Moment => ({ call, at: at + 1 })),
  );
}

/** Runs chant and kills it at a moment; false when that moment did not come this time. */
export async function killAt(
  repo: TempRepo,
  args: readonly string[],
  { call, at }: Moment,
): Promise<boolean> {
  const inject = `inject=${call}:signal=SIGKILL:when=${at}`;
  const { signal, status, stderr } = await traced(
    repo,
    ["-o", "/dev/null", "-e", `trace=${call}`, "-e", inject],
    args,
  );
  if (signal === "SIGKILL") return true;
  if (status === 0) return false;
  throw new Error(`chant ${args.join(" ")} ended with ${status ?? signal} under strace: ${stderr}`);
}
