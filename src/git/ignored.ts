import { join } from "node:path";
import type { Ignored } from "../domain/ignored.ts";
import { statIfExists } from "../host/files.ts";
import { measureTree } from "../host/measure-tree.ts";
import { isAsIndexed } from "./index-file.ts";
import { git, gitText, type GitPlace } from "./program.ts";
import type { Repository } from "./repository.ts";
import { broughtInto, type Shadow, worktreePlace } from "./shadow.ts";
import { clearDeadLock } from "./shadow-lock.ts";
import { takeIn } from "./take-in.ts";
import { readablePath } from "./tree.ts";

/**
 * Finds what somebody made in a worktree that git ignores, without what chant brought there. Counting stops where one
 * is larger than the limit.
 */
export async function findIgnored(
  repo: Repository,
  shadow: Shadow,
  worktree: string,
  limitBytes: number,
): Promise<readonly Ignored[]> {
  const place = worktreePlace(shadow, repo, worktree);
  const out = await git(place, [...IGNORED]);
  const paths = out.stdout.toString("utf8").split("\0");
  const brought = new Set(await broughtInto(shadow));
  const found: Ignored[] = [];
  for (const path of paths) {
    if (path !== "" && !brought.has(path.replace(/\/$/, ""))) {
      found.push(await look(worktree, path, brought, limitBytes));
    }
  }
  return found.filter(({ files, obstacle }) => files.length > 0 || obstacle !== undefined);
}

/**
 * Tells whether a worktree holds nothing but what `contentOf` found last and what chant brought there: nothing modified,
 * missing, new or ignored. One call in place of two, for what most runs leave, and none for a small worktree.
 */
export async function isUntouched(repo: Repository, shadow: Shadow, worktree: string): Promise<boolean> {
  const place = worktreePlace(shadow, repo, worktree);
  const brought = new Set(await broughtInto(shadow));
  const isBrought = (path: string): boolean => brought.has(readablePath(path));
  if (await isAsIndexed(repo, worktree, join(shadow.gitDir, "index"), isBrought)) return true;
  const out = await git(place, [...ANY_CHANGE]);
  const paths = out.stdout.toString("utf8").split("\0");
  return paths.every((path) => path === "" || brought.has(path));
}

const ANY_CHANGE = ["ls-files", "--modified", "--deleted", "--others", "--directory", "-z"] as const;
const IGNORED = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"] as const;

async function look(
  worktree: string,
  path: string,
  brought: ReadonlySet<string>,
  limitBytes: number,
): Promise<Ignored> {
  const none = { path, files: [], bytes: 0 };
  // A name that is no text: asked for by what was read of it, it would be another.
  if (path.includes("\ufffd")) return { ...none, obstacle: "its name is not UTF-8" };
  const stat = await statIfExists(join(worktree, path.replace(/\/$/, "")));
  if (stat === undefined) return none;
  if (!stat.isDirectory()) {
    return stat.isFile() || stat.isSymbolicLink() ? { path, files: [path], bytes: stat.size } : none;
  }
  const top = path.replace(/\/$/, "");
  const measured = await measureTree(join(worktree, top), {
    limitBytes,
    isLeftOut: (below) => brought.has(`${top}/${below}`),
  });
  const files = measured.files.map((below) => `${top}/${below}`);
  const isRepository = files.some((file) => /(?:^|\/)\.git(?:\/|$)/i.test(file));
  return {
    path,
    files,
    bytes: measured.bytes,
    ...(measured.isMore ? { isMore: true } : {}),
    ...(isRepository ? { obstacle: "a repository of its own" } : {}),
  };
}

/** Returns a tree with ignored files added to it; undefined where git cannot take them in. */
export async function withIgnored(
  repo: Repository,
  shadow: Shadow,
  worktree: string,
  tree: string,
  ignored: readonly Ignored[],
): Promise<string | undefined> {
  const place: GitPlace = {
    ...worktreePlace(shadow, repo, worktree),
    indexFile: join(shadow.gitDir, "kept"),
  };
  await clearDeadLock(place);
  await git(place, ["read-tree", tree]);
  const input = ignored.flatMap(({ files }) => files.map((file) => `${file}\0`)).join("");
  return (await takeIn(place, input)) === undefined ? gitText(place, ["write-tree"]) : undefined;
}
