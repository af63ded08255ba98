import { join } from "node:path";
import { removeFile } from "../host/files.ts";
import { git, gitText } from "./program.ts";
import type { Repository } from "./repository.ts";

/**
 * Writes the files of home's last commit into an empty folder that is no checkout: nothing in the repository knows of
 * it, and git finds no repository in it. The user's filters and sparse patterns count. `aside` is a folder for the
 * index. Without any commit the folder stays empty.
 */
export async function exportHead(repo: Repository, folder: string, aside: string): Promise<void> {
  const { gitDir } = repo;
  const verify = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"];
  const commit = await gitText({ gitDir, config: "chant" }, verify, { accept: [0, 1, 128] });
  if (commit === "") return;
  const indexFile = join(aside, "index");
  const place = { gitDir, workTree: folder, indexFile, config: "user" } as const;
  try {
    await git(place, ["read-tree", "--reset", "-u", "--no-recurse-submodules", commit]);
  } finally {
    await removeFile(indexFile);
  }
}
