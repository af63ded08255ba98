import { git } from "./program.ts";
import { commonPlace, type Repository } from "./repository.ts";

/** Returns the files that git takes for renamed between two commits, though their content changed: new paths by old ones. */
export async function renamedFiles(
  repo: Repository,
  before: string,
  after: string,
): Promise<ReadonlyMap<string, string>> {
  const args = [
    "diff-tree",
    "-r",
    "-z",
    "-M",
    "--diff-filter=R",
    "--name-status",
    "--no-ext-diff",
    "--no-textconv",
  ];
  const { stdout } = await git(commonPlace(repo), [...args, "--end-of-options", before, after]);
  const fields = stdout.toString("utf8").split("\0");
  const found = new Map<string, string>();
  // A score, the old path, the new one.
  for (let at = 0; at + 2 < fields.length; at += 3) found.set(fields[at + 1] ?? "", fields[at + 2] ?? "");
  return found;
}
