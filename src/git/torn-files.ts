import { join } from "node:path";
import { readBytesIfExists, statIfExists } from "../host/files.ts";
import { ObjectReader } from "./object-reader.ts";
import { git } from "./program.ts";
import type { Repository } from "./repository.ts";
import { type Shadow, worktreePlace } from "./shadow.ts";
import { LINK_MODE, readablePath } from "./tree.ts";

/**
 * Writes the files of a worktree again that a loss of power has cut off: git flushes nothing of a checkout. That is what
 * holds but a beginning of what the shadow's index knows, and so holds nothing that is known nowhere else. Returns their
 * paths.
 */
export async function restoreTorn(
  repo: Repository,
  shadow: Shadow,
  path: string,
): Promise<readonly string[]> {
  const place = worktreePlace(shadow, repo, path);
  const list = async (...what: readonly string[]): Promise<readonly string[]> =>
    (await git(place, ["ls-files", ...what, "-z"])).stdout.toString("latin1").split("\0").slice(0, -1);
  const modified = new Set(await list("--modified"));
  using reader = new ObjectReader(repo);
  const torn: string[] = [];
  for (const line of modified.size === 0 ? [] : await list("-s")) {
    const [, mode, oid = "", raw = ""] = /^(\d+) ([0-9a-f]+) 0\t(.+)$/s.exec(line) ?? [];
    if (!modified.has(raw) || mode === LINK_MODE) continue;
    const file = join(path, readablePath(raw));
    if ((await statIfExists(file))?.isFile() !== true) continue;
    const whole = (await reader.read(oid))?.content;
    const there = await readBytesIfExists(file);
    if (whole === undefined || there === undefined || there.length >= whole.length) continue;
    if (whole.subarray(0, there.length).equals(there)) torn.push(raw);
  }
  const input = Buffer.from(torn.map((each) => `${each}\0`).join(""), "latin1");
  if (torn.length > 0) await git(place, ["checkout-index", "-f", "-q", "-z", "--stdin"], { input });
  return torn.map(readablePath);
}
