import type { ObjectReader } from "./object-reader.ts";
import { gitText } from "./program.ts";
import { commonPlace, type Repository } from "./repository.ts";

/** Returns the files below a folder that were removed somewhere in the history of a ref, each once. */
export async function removedFiles(
  repo: Repository,
  ref: string,
  folder: string,
): Promise<readonly string[]> {
  const args = ["log", "-z", "--diff-filter=D", "--no-renames", "--name-only", "--format="];
  const out = await gitText(commonPlace(repo), [...args, "--end-of-options", ref, "--", folder], {
    accept: [0, 128],
  });
  return [...new Set(out.split("\0").map((path) => path.trim()))].filter((path) => path !== "");
}

/** Returns the last content that a file had in the history of a ref, or undefined when it never was there. */
export async function lastVersion(
  repo: Repository,
  reader: ObjectReader,
  ref: string,
  path: string,
): Promise<Buffer | undefined> {
  const args = ["rev-list", "-1", "--parents", "--end-of-options", ref, "--", path];
  const [commit, ...parents] = (await gitText(commonPlace(repo), args, { accept: [0, 128] })).split(" ");
  // The newest commit that touched it removed it: what it removed is what one of its parents has.
  for (const each of [commit, ...parents]) {
    const blob = each === undefined || each === "" ? undefined : await reader.read(`${each}:${path}`);
    if (blob?.type === "blob") return blob.content;
  }
  return undefined;
}
