import { join } from "node:path";
import { readUntrusted } from "../host/files.ts";
import { git, type GitPlace } from "./program.ts";
import type { Repository } from "./repository.ts";

/** Patterns as in a `.gitignore`, at the top of a repository: which ignored files belong into every worktree. */
const INCLUDE_FILE = ".worktreeinclude";

/**
 * Returns what in home both git ignores and the `.worktreeinclude` there names, as paths; a folder stands for all in
 * it. What git does not ignore is tracked, or about to be, and comes with the branch.
 */
export async function includedFiles(repo: Repository): Promise<readonly string[]> {
  const file = join(repo.home, INCLUDE_FILE);
  if ((await readUntrusted(file)) === undefined) return [];
  const place: GitPlace = { gitDir: repo.gitDir, workTree: repo.home, config: "user" };
  const list = ["ls-files", "-z", "--others", "--ignored", `--exclude-from=${file}`, "--directory"];
  const named = (await git(place, list)).stdout;
  if (named.length === 0) return [];
  const ignored = await git(place, ["check-ignore", "-z", "--stdin"], { input: named, accept: [0, 1] });
  const paths = ignored.stdout.toString("utf8").split("\0");
  return paths.flatMap((path) => (path === "" ? [] : [path.replace(/\/$/, "")]));
}
