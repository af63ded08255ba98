import { statIfExists } from "../host/files.ts";
import { looseFile } from "./loose-object.ts";
import { ObjectReader } from "./object-reader.ts";
import { git, gitText } from "./program.ts";
import { nothing } from "./refs.ts";
import type { Repository } from "./repository.ts";
import { type Shadow, worktreePlace } from "./shadow.ts";
import { takeIn } from "./take-in.ts";

/**
 * Takes files of a worktree in once more whose content the shadow's index knows and a loss of power has taken: git would
 * not read a file again that is as its index has it.
 */
export async function takeInLost(repo: Repository, shadow: Shadow, path: string): Promise<void> {
  const place = worktreePlace(shadow, repo, path);
  // git looks at all of them in one go, and most often all of them are there.
  if ((await gitText(place, ["write-tree"], { accept: [0, 128] })) !== "") return;
  using reader = new ObjectReader(repo);
  const listed = (await git(place, ["ls-files", "-s", "-z"])).stdout.toString("latin1").split("\0");
  const lost: string[] = [];
  for (const line of listed) {
    const [, oid = "", raw = ""] = /^\d+ ([0-9a-f]+) 0\t(.+)$/s.exec(line) ?? [];
    if (oid === "" || (await statIfExists(looseFile(repo, oid))) !== undefined) continue;
    if ((await reader.read(oid)) === undefined) lost.push(raw);
  }
  const gone = lost.map((raw) => `0 ${nothing(repo)}\t${raw}\0`).join("");
  await git(place, ["update-index", "-z", "--index-info"], { input: Buffer.from(gone, "latin1") });
  await takeIn(place, Buffer.from(lost.map((raw) => `${raw}\0`).join(""), "latin1"));
}
