import { join } from "node:path";
import { readBytesIfExists, removeFile, statIfExists, writeAtomic } from "../host/files.ts";
import { flushFiles } from "../host/flush-files.ts";
import { ObjectReader } from "./object-reader.ts";
import { git, type GitPlace } from "./program.ts";
import type { Repository } from "./repository.ts";
import { type Shadow, worktreePlace } from "./shadow.ts";
import { LINK_MODE, readablePath } from "./tree.ts";

/** Which files are being written again: git removes each before it does. */
const listFile = (shadow: Shadow): string => join(shadow.gitDir, "torn");

/**
 * Writes the files of a worktree again that a loss of power has cut off: git flushes nothing of a checkout. That is what
 * holds but a beginning of what the shadow's index knows, and so holds nothing that is known nowhere else. Returns their
 * paths. `wasRestarted`: the machine was, since anybody looked last; otherwise only what was begun is brought to its end.
 */
export const restoreTorn = (
  repo: Repository,
  shadow: Shadow,
  path: string,
  wasRestarted: boolean,
): Promise<readonly string[]> =>
  restore(repo, worktreePlace(shadow, repo, path), listFile(shadow), path, wasRestarted);

/**
 * The same by what a commit has. Before the other: of a file that is empty the shadow's index may know an older content,
 * which would then be taken for an edit of the agent's.
 */
export async function restoreCommitted(
  repo: Repository,
  shadow: Shadow,
  path: string,
  commit: string,
): Promise<readonly string[]> {
  const indexFile = join(shadow.gitDir, "committed");
  await removeFile(`${indexFile}.lock`);
  const place = { ...worktreePlace(shadow, repo, path), indexFile };
  await git(place, ["read-tree", commit]);
  const restored = await restore(repo, place, `${listFile(shadow)}-committed`, path, true);
  await removeFile(indexFile);
  return restored;
}

async function restore(
  repo: Repository,
  place: GitPlace,
  list: string,
  path: string,
  wasRestarted: boolean,
): Promise<readonly string[]> {
  const begun = ((await readBytesIfExists(list))?.toString("latin1") ?? "").split("\0").slice(0, -1);
  const found = wasRestarted ? await findTorn(repo, place, path) : [];
  const torn = [...new Set([...begun, ...found])];
  if (torn.length === 0) return [];
  const input = Buffer.from(torn.map((each) => `${each}\0`).join(""), "latin1");
  await writeAtomic(list, input);
  await git(place, ["checkout-index", "-f", "-q", "-z", "--stdin"], { input });
  await flushFiles(torn.map((each) => join(path, readablePath(each))));
  await removeFile(list);
  return torn.map(readablePath);
}

/** Returns the raw paths of files that hold but a beginning of what a place's index has. */
async function findTorn(repo: Repository, place: GitPlace, path: string): Promise<readonly string[]> {
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
  return torn;
}
