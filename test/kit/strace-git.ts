import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chant } from "./chant.ts";
import { REAL_GIT } from "./faulty-git.ts";
import { CHANGING, killing, type Moment, momentsIn } from "./strace.ts";
import type { TempRepo } from "./temp-repo.ts";

/** One moment of one call of git: `git` counts the calls from 1. */
export interface GitMoment extends Moment {
  readonly git: number;
}

/** Who dies as git makes a call of the system: git alone, or whoever called it with it. */
export type GitVictim = "git" | "git and its caller";

/**
 * A git in front of the real one, from which on all calls are counted, and all (`at` 0) or a single one run under
 * strace. What agents call is left alone. Numbers are taken by making a file that must not exist yet, which is one step.
 */
const script = (
  folder: string,
  at: number,
  options: readonly string[],
  victim: GitVictim,
): string => `#!/bin/sh
[ -z "$CHANT_RUN_TOKEN" ] || exec "${REAL_GIT}" "$@"
n=1
set -C
while ! { echo "$*" >"${folder}/$n"; } 2>/dev/null; do n=$((n + 1)); done
set +C
[ ${at} = 0 ] || [ "$n" = ${at} ] || exec "${REAL_GIT}" "$@"
strace -f -o "${folder}/$n.trace" ${options.join(" ")} "${REAL_GIT}" "$@"
status=$?
[ $status != 137 ] || kill -9 ${victim === "git" ? "" : "$PPID"} $$
exit $status
`;

async function wrapped(
  repo: TempRepo,
  ...[at, options, victim]: readonly [number, readonly string[], GitVictim]
): Promise<{ readonly folder: string; readonly env: NodeJS.ProcessEnv }> {
  const [bin, folder] = [join(repo.root, "strace-bin"), join(repo.root, "git-calls")];
  for (const each of [bin, folder]) {
    await rm(each, { recursive: true, force: true });
    await mkdir(each);
  }
  await writeFile(join(bin, "git"), script(folder, at, options, victim));
  await chmod(join(bin, "git"), 0o755);
  return { folder, env: { PATH: `${bin}:${repo.env["PATH"] ?? ""}` } };
}

/** Runs chant, and returns every moment at which one of its gits could be killed among its changes to files. */
export async function gitMomentsOf(repo: TempRepo, args: readonly string[]): Promise<readonly GitMoment[]> {
  const options = ["-y", "-e", `trace=${CHANGING.join()}`];
  const { folder, env } = await wrapped(repo, 0, options, "git");
  await chant(repo, args, { env });
  await repo.quiet();
  const traces = (await readdir(folder)).filter((name) => name.endsWith(".trace"));
  const numbers = traces.map((name) => Number.parseInt(name, 10)).toSorted((one, other) => one - other);
  const found = await Promise.all(
    numbers.map(async (git) => {
      const moments = momentsIn(await readFile(join(folder, `${git}.trace`), "utf8"));
      return moments.map((moment): GitMoment => ({ ...moment, git }));
    }),
  );
  return found.flat();
}

/** Runs chant and kills one of its gits at a moment; false when that moment did not come this time. Whoever is left goes on. */
export async function killGitAt(
  repo: TempRepo,
  args: readonly string[],
  moment: GitMoment,
  victim: GitVictim,
): Promise<boolean> {
  const { folder, env } = await wrapped(repo, moment.git, killing(moment), victim);
  await chant(repo, args, { env });
  const trace = await readFile(join(folder, `${moment.git}.trace`), "utf8").catch(() => "");
  return trace.includes("+++ killed by SIGKILL +++");
}
