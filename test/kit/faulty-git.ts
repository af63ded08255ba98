import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TempRepo } from "./temp-repo.ts";

/** What becomes of one call of git: it fails, is killed before or after it did its work, or never ends. */
export const FAULTS = ["error", "killed", "killed after", "hang"] as const;
export type Fault = (typeof FAULTS)[number];

/** A git in front of the real one that counts its calls, from all processes of a repository, and spoils a single one. */
export interface FaultyGit {
  /** The environment in which chant finds it. */
  readonly env: NodeJS.ProcessEnv;
  /** The arguments of each call so far, in the order of their numbers. */
  readonly calls: () => Promise<readonly string[]>;
  /** Tells whether the call that was to be spoiled has been made. */
  readonly wasMet: () => boolean;
}

export const REAL_GIT = (process.env["PATH"] ?? "")
  .split(":")
  .map((folder) => join(folder, "git"))
  .find((file) => existsSync(file));

/** Numbers are taken by making a file that must not exist yet, which is one step. */
const script = (folder: string, at: number, fault: Fault): string => `#!/bin/sh
[ -z "$CHANT_RUN_TOKEN" ] || exec "${REAL_GIT}" "$@"
n=1
set -C
while ! { echo "$*" >"${folder}/$n"; } 2>/dev/null; do n=$((n + 1)); done
set +C
[ "$n" = ${at} ] || exec "${REAL_GIT}" "$@"
: >"${folder}/met"
case "${fault}" in
  error) echo "fatal: no more memory" >&2; exit 128 ;;
  killed) kill -9 $$ ;;
  "killed after") "${REAL_GIT}" "$@"; kill -9 $$ ;;
  hang) exec sleep 1000 ;;
esac
`;

/** Makes the wrapper; with `at` 0 no call is spoiled. */
export async function faultyGit(repo: TempRepo, at: number, fault: Fault): Promise<FaultyGit> {
  const bin = join(repo.root, "faulty-bin");
  const folder = join(repo.root, "git-calls");
  await rm(folder, { recursive: true, force: true });
  await Promise.all([bin, folder].map((each) => mkdir(each, { recursive: true })));
  await writeFile(join(bin, "git"), script(folder, at, fault));
  await chmod(join(bin, "git"), 0o755);
  return {
    env: { PATH: `${bin}:${repo.env["PATH"] ?? ""}` },
    calls: async () => {
      const numbers = (await readdir(folder)).filter((name) => name !== "met").map(Number);
      const inOrder = numbers.toSorted((one, other) => one - other);
      return Promise.all(inOrder.map((n) => readFile(join(folder, String(n)), "utf8")));
    },
    wasMet: () => existsSync(join(folder, "met")),
  };
}
