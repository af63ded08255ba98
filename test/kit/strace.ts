import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ChantOptions, programUnderTest } from "./chant.ts";
import { type Ended, run } from "./process.ts";
import type { TempRepo } from "./temp-repo.ts";

/** The calls of the system by which a program changes files; of those that open one only the ones that make it or empty it. */
export const CHANGING = [
  "open",
  "openat",
  "creat",
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
  /** It was not the first thread that did, which takes longer to follow. */
  readonly isOther?: true;
}

/** Threads are followed, programs that are started are not: git, runner and agent are left alone. */
const FOLLOW = ["-f", "--detach-on=execve"] as const;

/**
 * Each change of thread costs much under strace, and a compiler that has its own threads makes thousands of them: in the
 * executable, commands that take a tenth of a second are interpreted as fast.
 */
export const INTERPRETED = { BUN_JSC_useJIT: "0" };

/** Tells whether programs can be traced here: not everywhere there is strace, nor is it always allowed. */
export const canTrace = (): boolean =>
  process.platform === "linux" && spawnSync("strace", [...FOLLOW, "-o", "/dev/null", "true"]).status === 0;

const traced = (
  repo: TempRepo,
  options: readonly string[],
  args: readonly string[],
  { env }: ChantOptions = {},
): Promise<Ended> =>
  run("strace", [...options, ...programUnderTest(), ...args], {
    cwd: repo.path,
    env: { ...repo.env, ...INTERPRETED, ...env },
  });

/** What of strace's lines is a change of a file: pipes, terminals and what wakes a thread are none. */
function isChange(call: string, line: string): boolean {
  if (/^(?:open|openat)$/.test(call)) return /O_CREAT|O_TRUNC/.test(line);
  if (/^(?:p?write|ftruncate|f.*sync)/.test(call)) return /\(\d+<\/(?!dev\/(?:null|tty|pts)|proc)/.test(line);
  return true;
}

/** Returns the moments in the lines of `strace -f -y`, each once, by calls. */
export function momentsIn(trace: string): readonly Moment[] {
  const made = new Map<string, number>();
  const moments = new Map<string, Moment>();
  let first: string | undefined;
  for (const line of trace.split("\n")) {
    const [, thread = "", call = ""] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (call === "") continue;
    first ??= thread;
    const at = (made.get(`${thread} ${call}`) ?? 0) + 1;
    made.set(`${thread} ${call}`, at);
    if (!isChange(call, line)) continue;
    const key = `${call} ${String(at).padStart(6)}`;
    if (thread === first) moments.set(key, { call, at });
    else if (!moments.has(key)) moments.set(key, { call, at, isOther: true });
  }
  return [...moments].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, moment]) => moment);
}

/** Runs chant, and returns every moment at which it could be killed among its changes to files. */
export async function momentsOf(
  repo: TempRepo,
  args: readonly string[],
  options: ChantOptions = {},
): Promise<readonly Moment[]> {
  const output = join(repo.root, "trace");
  const trace = [...FOLLOW, "-y", "-o", output, "-e", `trace=${CHANGING.join()}`];
  const { status, signal, stderr } = await traced(repo, trace, args, options);
  if (status === undefined) throw new Error(`chant ${args.join(" ")} ended by ${signal}: ${stderr}`);
  return momentsIn(await readFile(output, "utf8"));
}

/** The options of strace that kill who makes a call. */
export const killing = ({ call, at }: Moment): readonly string[] => [
  "-e",
  `trace=${call}`,
  "-e",
  `inject=${call}:signal=SIGKILL:when=${at}`,
];

/** Runs chant and kills it at a moment; false when that moment did not come this time. */
export async function killAt(
  repo: TempRepo,
  args: readonly string[],
  moment: Moment,
  options: ChantOptions = {},
): Promise<boolean> {
  const { signal, status, stderr } = await traced(
    repo,
    [...(moment.isOther === true ? FOLLOW : []), "-o", "/dev/null", ...killing(moment)],
    args,
    options,
  );
  if (signal === "SIGKILL") return true;
  if (status !== undefined) return false;
  throw new Error(`chant ${args.join(" ")} ended by ${signal} under strace: ${stderr}`);
}
