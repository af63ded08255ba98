import { join } from "node:path";
import { readIfExists } from "../host/files.ts";
import { git, gitText, type GitPlace } from "./program.ts";
import { isAncestor, readRef } from "./refs.ts";
import { commonPlace, type Repository } from "./repository.ts";
import { type Shadow, worktreePlace } from "./shadow.ts";
import type { Worktree } from "./worktree.ts";

/** Where the agent left HEAD in its worktree. */
export interface HeadFacts {
  readonly tip: string;
  readonly place: "on_branch" | "moved_branch" | "detached_descends" | "foreign";
}

/** Tells where a worktree's HEAD is, as seen from the branch and the commit that the run started with. */
export async function headOf(
  repo: Repository,
  worktree: Worktree,
  branch: string,
  base: string,
): Promise<HeadFacts> {
  const ref = /^ref: (.+)$/m.exec((await readIfExists(join(worktree.adminDir, "HEAD"))) ?? "")?.[1];
  const tip = await readRef({ ...repo, commonDir: worktree.adminDir }, "HEAD");
  if (tip === undefined) return { tip: base, place: "foreign" };
  if (ref === `refs/heads/${branch}` && tip === base) return { tip, place: "on_branch" };
  if (!(await isAncestor(repo, base, tip))) return { tip, place: "foreign" };
  if (ref === `refs/heads/${branch}`) return { tip, place: "on_branch" };
  return { tip, place: ref === undefined ? "detached_descends" : "moved_branch" };
}

/** What a worktree holds, as a tree: everything tracked or untracked that is not ignored. */
export type WorktreeContent =
  | { readonly kind: "tree"; readonly tree: string }
  /** git could not take it in, for example a nested repository without a commit. */
  | { readonly kind: "unreadable"; readonly reason: string };

export async function contentOf(repo: Repository, shadow: Shadow, path: string): Promise<WorktreeContent> {
  const place = worktreePlace(shadow, repo, path);
  const added = await git(place, ["add", "--all", "--", "."], { accept: [0, 1, 128] });
  if (added.status !== 0)
    return { kind: "unreadable", reason: added.stderr.trim().replaceAll(/^(fatal|error|hint): /gm, "") };
  return { kind: "tree", tree: await gitText(place, ["write-tree"]) };
}

/** Returns the commits and how many objects of a branch are there; throws GIT_FAILED when one is missing. */
export async function commitsOn(shadow: Shadow, base: string, tip: string): Promise<readonly string[]> {
  if (base === tip) return [];
  const out = await gitText(shadow.objects, ["rev-list", "--objects", "--reverse", tip, `^${base}`]);
  // Of the objects only commits stand without a path; even a root tree is followed by a space.
  return out.split("\n").filter((line) => line !== "" && !line.includes(" "));
}

/** Returns the entries of the stash that were made on this run's branch: the stash is shared with the user. */
export async function stashesOn(repo: Repository, branch: string): Promise<readonly string[]> {
  if ((await readIfExists(join(repo.commonDir, "refs", "stash"))) === undefined) return [];
  const place: GitPlace = commonPlace(repo);
  const out = await gitText(place, ["log", "-g", "--format=%H %gs", "refs/stash", "--"], {
    accept: [0, 128],
  });
  return out.split("\n").flatMap((line) => {
    const match = /^([0-9a-f]+) (?:WIP on|On) (.+?): /i.exec(line);
    return match !== null && (match[2] === branch || match[2] === "(no branch)") ? [match[1] ?? ""] : [];
  });
}
