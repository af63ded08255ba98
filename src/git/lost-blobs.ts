import { statIfExists } from "../host/files.ts";
import { looseFile } from "./loose-object.ts";
import { ObjectReader } from "./object-reader.ts";
import { git, type GitPlace, gitText } from "./program.ts";
import { nothing } from "./refs.ts";
import type { Repository } from "./repository.ts";
import { takeIn } from "./take-in.ts";
import { GITLINK_MODE } from "./tree.ts";

/**
 * Takes files of a worktree in once more whose content its index knows and that is gone: a loss of power has taken it, or
 * a `git gc`, as no commit holds it. git would not read a file again that is as its index has it. Returns why git could
 * not take them in.
 */
export async function takeInLost(repo: Repository, place: GitPlace): Promise<string | undefined> {
  // git looks at all of them in one go, and most often all of them are there.
  if ((await gitText(place, ["write-tree"], { accept: [0, 128] })) !== "") return undefined;
  using reader = new ObjectReader(repo);
  const listed = (await git(place, ["ls-files", "-s", "-z"])).stdout.toString("latin1").split("\0");
  const lost: string[] = [];
  for (const line of listed) {
    const [, mode, oid = "", raw = ""] = /^(\d+) ([0-9a-f]+) 0\t(.+)$/s.exec(line) ?? [];
    // The commit of a submodule stands in another repository.
    if (oid === "" || mode === GITLINK_MODE) continue;
    if ((await statIfExists(looseFile(repo, oid))) !== undefined) continue;
    if ((await reader.read(oid)) === undefined) lost.push(raw);
  }
  const gone = lost.map((raw) => `0 ${nothing(repo)}\t${raw}\0`).join("");
  await git(place, ["update-index", "-z", "--index-info"], { input: Buffer.from(gone, "latin1") });
  return await takeIn(place, Buffer.from(lost.map((raw) => `${raw}\0`).join(""), "latin1"));
}
