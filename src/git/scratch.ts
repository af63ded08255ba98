import { dirname, join } from "node:path";
import {
  copyIfExists,
  makeFolder,
  removeEmptyFolder,
  removeTree,
  statIfExists,
  writeAtomic,
  writePlain,
} from "../host/files.ts";
import { copyIndex } from "./copy-index.ts";
import { withoutBrought } from "./facts.ts";
import { clearDeadLock } from "./shadow-lock.ts";
import { git, type GitPlace, gitText } from "./program.ts";
import { commonPlace, type Repository } from "./repository.ts";
import type { GitSettings } from "./settings.ts";
import { broughtInto, configLines, type Shadow, worktreePlace } from "./shadow.ts";
import { readablePath } from "./tree.ts";

/*
 * A scratch is a git folder that knows all of a repository's objects and refs and whose own changes nobody sees: a program
 * that works with it may commit, tag, stash and configure as it likes, and all of that goes when the folder goes.
 */

/** What would lead out of a scratch, belongs to the git folder itself, or runs programs unasked. */
const LEFT_OUT =
  /^(?:core\.(?:bare|repositoryformatversion|worktree|hookspath|fsmonitor|logallrefupdates)|extensions\.|include\.|includeif\.|safe\.|commit\.gpgsign$|tag\.gpgsign$)/;

/** Where a scratch begins. */
export interface ScratchStart {
  readonly settings: GitSettings;
  /** What HEAD says: `ref: refs/heads/NAME`, or a commit. */
  readonly head: string;
  /** The shadow whose index, excludes and sparse patterns it begins with. */
  readonly from?: Shadow;
}

/** Makes a scratch, in place of whatever an earlier try left there. */
export async function makeScratch(repo: Repository, folder: string, start: ScratchStart): Promise<void> {
  await removeTree(folder);
  for (const name of ["refs", "info", join("objects", "info")]) await makeFolder(join(folder, name));
  const isSha256 = repo.hash === "sha256";
  const lines = [
    ...configLines("core.repositoryformatversion", isSha256 ? "1" : "0"),
    ...configLines("core.bare", "false"),
    ...(isSha256 ? configLines("extensions.objectformat", "sha256") : []),
    ...[...start.settings.values].flatMap(([name, values]) =>
      LEFT_OUT.test(name) ? [] : values.flatMap((value) => configLines(name, value)),
    ),
  ];
  const refs = await gitText(commonPlace(repo), ["for-each-ref", "--format=%(objectname) %(refname)"]);
  const seen = refs.split("\n").filter((line) => line !== "" && !line.includes(" refs/chant/"));
  await Promise.all([
    writePlain(join(folder, "config"), `${lines.join("\n")}\n`),
    writePlain(join(folder, "HEAD"), `${start.head}\n`),
    writePlain(join(folder, "packed-refs"), seen.map((line) => `${line}\n`).join("")),
    writePlain(join(folder, "objects", "info", "alternates"), `${join(repo.commonDir, "objects")}\n`),
    copyIfExists(join(repo.commonDir, "shallow"), join(folder, "shallow")),
  ]);
  if (start.from === undefined) return;
  const { gitDir } = start.from;
  await copyIndex(join(gitDir, "index"), join(folder, "index"));
  const names = ["exclude", "attributes", "sparse-checkout"].map((name) => join("info", name));
  await Promise.all(names.map((name) => copyIfExists(join(gitDir, name), join(folder, name))));
}

/** Throws a scratch away, with all that was done in it. */
export const removeScratch = (folder: string): Promise<void> => removeTree(folder);

/** Makes git find a git folder from a worktree; whatever else stands in its place goes. */
export async function pointTo(worktree: string, gitDir: string): Promise<void> {
  const pointer = join(worktree, ".git");
  if ((await statIfExists(pointer))?.isDirectory() === true) await removeTree(pointer);
  await writeAtomic(pointer, `gitdir: ${gitDir}\n`);
}

/** Returns what git ignores in a worktree, as its shadow sees it; folders that it ignores as a whole end in a slash. */
export function ignoredIn(repo: Repository, shadow: Shadow, worktree: string): Promise<readonly string[]> {
  const args = ["--others", "--ignored", "--exclude-standard", "--directory"];
  return listed(worktreePlace(shadow, repo, worktree), args);
}

/** What a program puts into a file that it has just removed can hide others from the first look. */
const ROUNDS = 5;

/**
 * Puts a worktree back to what `contentOf` found last: what is new goes, what was changed or is gone is written again.
 * Of what git ignores, that which was not there before goes too. Returns false where that does not succeed.
 */
export async function putBack(
  repo: Repository,
  shadow: Shadow,
  worktree: string,
  ignoredBefore: readonly string[],
): Promise<boolean> {
  const place = worktreePlace(shadow, repo, worktree);
  await clearDeadLock(place);
  const brought = await broughtInto(shadow);
  for (let round = 0; round < ROUNDS; round += 1) {
    // Files that say what is ignored come first.
    const changed = await listed(place, ["--modified", "--deleted"]);
    if (changed.length > 0) {
      const input = Buffer.from(changed.map((path) => `${path}\0`).join(""), "latin1");
      await git(place, ["checkout-index", "-q", "-f", "-z", "--stdin"], { input });
    }
    const found = await git(place, ["ls-files", "-z", "--others", "--exclude-standard"]);
    const others = withoutBrought(found.stdout, brought);
    const ignored = (await ignoredIn(repo, shadow, worktree)).filter((path) => isNew(path, ignoredBefore));
    for (const path of [...others, ...ignored]) {
      await removeWithin(worktree, readablePath(path.replace(/\/$/, "")));
    }
    if (changed.length + others.length + ignored.length === 0) return true;
  }
  return false;
}

/** Removes what is at a path, and the folders that this leaves empty. */
async function removeWithin(worktree: string, path: string): Promise<void> {
  await removeTree(join(worktree, path));
  for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
    if (!(await removeEmptyFolder(join(worktree, folder)))) return;
  }
}

/** What lies in something that was ignored before, or holds it, was there before. */
const isNew = (path: string, before: readonly string[]): boolean =>
  !before.some(
    (each) =>
      each === path ||
      (each.endsWith("/") && path.startsWith(each)) ||
      each.startsWith(`${path}/`) ||
      (path.endsWith("/") && each.startsWith(path)),
  );

/** Paths as git has them, one character a byte. */
async function listed(place: GitPlace, args: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await git(place, ["ls-files", "-z", ...args]);
  return stdout
    .toString("latin1")
    .split("\0")
    .filter((path) => path !== "");
}
