import { join } from "node:path";
import { readIfExists, removeFile, statIfExists } from "../host/files.ts";
import { type CommitContent, parseCommit } from "./commit.ts";
import { copyIndex } from "./copy-index.ts";
import type { ObjectReader } from "./object-reader.ts";
import { withFreshIndex } from "./fresh-index.ts";
import { SMALL_BYTES, treeOfIndex } from "./index-file.ts";
import { takeInLost } from "./lost-blobs.ts";
import { git, gitText, type GitPlace } from "./program.ts";
import { commonPlace, type Repository } from "./repository.ts";
import { type GitSettings, setting } from "./settings.ts";
import { broughtInto, type Shadow, worktreePlace } from "./shadow.ts";
import { clearDeadLock } from "./shadow-lock.ts";
import { takeIn } from "./take-in.ts";
import { takeInPlain } from "./take-in-plain.ts";
import { GITLINK_MODE, type Trees } from "./tree.ts";
import type { Worktree } from "./worktree.ts";

/** Where the agent left HEAD in its worktree, and what it committed. */
export interface HeadFacts {
  readonly tip: string;
  readonly place:
    | "on_branch"
    | "moved_branch"
    | "detached_descends"
    | "on_target"
    | "foreign"
    /** Nobody can tell: an object of the commit is torn or missing. */
    | "damaged";
  /** From the base to the tip, oldest first; none when the tip does not descend from the base. */
  readonly commits: readonly string[];
}

/**
 * Looks at a worktree's HEAD from the branch and the commit that the run started with, and the ref that it lands on. On the way every object of
 * the new commits is visited.
 * @throws ChantError GIT_FAILED when one of them is missing
 */
export async function headOf(
  reader: ObjectReader,
  trees: Trees,
  shadow: Shadow,
  worktree: Worktree,
  branch: string,
  base: string,
  target: string | undefined,
): Promise<HeadFacts> {
  const { ref, commit: tip, isDamaged = false } = await reader.head(worktree.adminDir);
  if (tip === undefined) return { tip: base, place: isDamaged ? "damaged" : "foreign", commits: [] };
  if (ref !== undefined && ref === target) return { tip, place: "on_target", commits: [] };
  const isOnBranch = ref === `refs/heads/${branch}`;
  const place = isOnBranch ? "on_branch" : ref === undefined ? "detached_descends" : "moved_branch";
  if (tip === base) return { tip, place, commits: [] };
  const walked = (await walkStraight(reader, trees, base, tip)) ?? (await walk(shadow, base, tip));
  if (!walked.some(({ parents }) => parents.includes(base))) return { tip, place: "foreign", commits: [] };
  return { tip, place, commits: walked.map(({ commit }) => commit) };
}

interface Walked {
  readonly commit: string;
  readonly parents: readonly string[];
}

/** How long a history is worth reading in process: a longer one is for git. */
const STRAIGHT_LIMIT = 20;

/**
 * The same as `walk`, in process, for a short history without merges whose new files each stand in an object file of
 * their own: what an agent leaves that commits once or twice. Undefined for any other, which git is to walk.
 */
async function walkStraight(
  reader: ObjectReader,
  trees: Trees,
  base: string,
  tip: string,
): Promise<readonly Walked[] | undefined> {
  const walked: Walked[] = [];
  const read = async (oid: string): Promise<CommitContent | undefined> => {
    const object = await reader.read(oid);
    return object?.type === "commit" ? parseCommit(object.content) : undefined;
  };
  let commit = tip;
  let content = await read(tip);
  while (commit !== base) {
    const [parent, ...others] = content?.parents ?? [];
    const before = parent === undefined ? undefined : await read(parent);
    if (content === undefined || parent === undefined || before === undefined) return undefined;
    if (others.length > 0 || walked.length === STRAIGHT_LIMIT) return undefined;
    if (!(await isWhole(reader, trees, before.tree, content.tree))) return undefined;
    walked.unshift({ commit, parents: [parent] });
    [commit, content] = [parent, before];
  }
  return walked;
}

/** Tells whether everything that one tree has and another has not is there. */
async function isWhole(reader: ObjectReader, trees: Trees, before: string, after: string): Promise<boolean> {
  // A tree that is missing is for git to name.
  const changes = await trees.diff(before, after).catch(() => undefined);
  if (changes === undefined) return false;
  for (const { now } of changes) {
    if (now !== undefined && now.mode !== GITLINK_MODE && !(await reader.isLoose(now.oid))) return false;
  }
  return true;
}

/** The commits that `tip` has and `base` has not, oldest first; one of them has the base as a parent if it descends. */
async function walk(shadow: Shadow, base: string, tip: string): Promise<readonly Walked[]> {
  const out = await gitText(shadow.objects, [
    "rev-list",
    "--objects",
    "--parents",
    "--reverse",
    tip,
    `^${base}`,
  ]);
  const lines = out.split("\n");
  // Commits come first, then the other objects, each with a space after its name, even when no path follows.
  const end = lines.findIndex((line) => !/^[0-9a-f]+(?: (?:[0-9a-f]{40}|[0-9a-f]{64}))*$/.test(line));
  return lines.slice(0, end < 0 ? lines.length : end).map((line) => {
    const [commit = "", ...parents] = line.split(" ");
    return { commit, parents };
  });
}

/** What a worktree holds, as a tree: everything tracked or untracked that is not ignored. */
export type WorktreeContent =
  | { readonly kind: "tree"; readonly tree: string }
  /** git could not take it in, for example a nested repository without a commit. */
  | { readonly kind: "unreadable"; readonly reason: string };

/** A commit of which all is there, and what to read objects with. */
export interface Known {
  readonly reader: ObjectReader;
  readonly trees: Trees;
  readonly commit: string;
}

/**
 * Takes a worktree's files into the shadow's index. Not by `git add --all`: that starts `git status` inside every
 * nested repository and submodule, with the configuration that an agent may have written there. `isFresh: false` is for
 * an index that is as it was frozen, and a worktree in which nothing is at work any more: see fresh-index.ts. With `since`
 * no git is needed to see that what a small worktree has made since then is there.
 */
export async function contentOf(
  repo: Repository,
  shadow: Shadow,
  path: string,
  options: { readonly isFresh?: boolean; readonly since?: Known } = {},
): Promise<WorktreeContent> {
  const place = worktreePlace(shadow, repo, path);
  await clearDeadLock(place);
  const brought = await broughtInto(shadow);
  // Read once for all three calls, where git would read every file in each.
  return options.isFresh === false && (await isLarge(place))
    ? withFreshIndex(place, Date.now(), (fresh, trust) => contentIn(repo, fresh, trust, brought))
    : contentIn(repo, place, () => Promise.resolve(), brought, options.since);
}

/** Some hundreds of files are not worth another git: they are read in no time. */
const isLarge = async ({ indexFile = "" }: GitPlace): Promise<boolean> =>
  ((await statIfExists(indexFile))?.size ?? 0) > SMALL_BYTES;

async function contentIn(
  repo: Repository,
  place: GitPlace,
  trust: () => Promise<void>,
  brought: readonly string[],
  since?: Known,
): Promise<WorktreeContent> {
  await trust();
  const listedMs = Date.now();
  const listed = withoutBrought((await git(place, [...CHANGED])).stdout, brought);
  if (listed.length > 0) {
    // A file that became a folder has to go before what is in the folder comes.
    const changed = [...new Set(listed)].toSorted();
    const input = Buffer.from(changed.map((path) => `${path}\0`).join(""), "latin1");
    const isTaken = await takeInPlain(repo, place, changed, listedMs);
    const reason = isTaken ? undefined : await takeIn(place, input, trust);
    if (reason !== undefined) return { kind: "unreadable", reason };
  }
  await trust();
  const whole = since === undefined ? undefined : await wholeTree(repo, place, since);
  const tree = whole ?? (await gitText(place, ["write-tree"], { accept: [0, 128] }));
  if (tree !== "") return { kind: "tree", tree };
  const reason = await takeInLost(repo, place);
  return reason === undefined
    ? { kind: "tree", tree: await gitText(place, ["write-tree"]) }
    : { kind: "unreadable", reason };
}

/** Returns the tree of a small index; undefined where git has to write it, or to say whether all that is in it is there. */
async function wholeTree(
  repo: Repository,
  place: GitPlace,
  { reader, trees, commit }: Known,
): Promise<string | undefined> {
  const tree = await treeOfIndex(repo, place.indexFile);
  if (tree === undefined) return undefined;
  const before = parseCommit((await reader.require(commit)).content).tree;
  return (await isWhole(reader, trees, before, tree)) ? tree : undefined;
}

/** Returns the same as `contentOf`, and leaves the shadow's index as it is: that of what was judged. */
export async function contentBeside(
  repo: Repository,
  shadow: Shadow,
  path: string,
): Promise<WorktreeContent> {
  const place = worktreePlace(shadow, repo, path);
  await clearDeadLock(place);
  const indexFile = join(shadow.gitDir, "beside");
  await removeFile(`${indexFile}.lock`);
  await copyIndex(join(shadow.gitDir, "index"), indexFile);
  return contentIn(repo, { ...place, indexFile }, () => Promise.resolve(), await broughtInto(shadow));
}

/**
 * Returns the paths of a list of git's, in latin1, without what chant brought: a `.gitignore` in the worktree can take
 * back that it is ignored. A nested repository is listed with a slash at its end, with which it would be passed over.
 */
export function withoutBrought(listed: Buffer, brought: readonly string[]): readonly string[] {
  const ours = brought.map((path) => Buffer.from(path).toString("latin1"));
  const isOurs = (path: string): boolean => ours.some((each) => path === each || path.startsWith(`${each}/`));
  return listed
    .toString("latin1")
    .split("\0")
    .map((path) => path.replace(/\/$/, ""))
    .filter((path) => path !== "" && !isOurs(path));
}

/** Returns the tree that a worktree's own index stands for, read in a copy; undefined where it stands for none. */
export async function stagedTree(
  repo: Repository,
  shadow: Shadow,
  { path, adminDir }: Worktree,
): Promise<string | undefined> {
  const indexFile = join(shadow.gitDir, "staged");
  if (!(await copyIndex(join(adminDir, "index"), indexFile))) return undefined;
  const place: GitPlace = { ...worktreePlace(shadow, repo, path), indexFile };
  return (await gitText(place, ["write-tree"], { accept: [0, 128] })) || undefined;
}

/**
 * Makes the shadow's index anew from a tree: an agent can have told its own to look away from a file. With sparse
 * patterns only git's own says what is not there on purpose.
 */
export async function indexFrom(
  repo: Repository,
  shadow: Shadow,
  path: string,
  settings: GitSettings,
  tree: string,
): Promise<void> {
  if ((setting(settings, "core.sparsecheckout") ?? "false") !== "false") return;
  await git(worktreePlace(shadow, repo, path), ["read-tree", tree]);
}

/** What differs from the shadow's index: modified, gone, or new and not ignored. */
const CHANGED = ["ls-files", "--modified", "--deleted", "--others", "--exclude-standard", "-z"] as const;

/**
 * Tells whether a worktree still holds exactly what `contentOf` found last: nothing modified, missing or new.
 */
export async function isAsJudged(repo: Repository, shadow: Shadow, path: string): Promise<boolean> {
  const place = worktreePlace(shadow, repo, path);
  const changed = (await git(place, [...CHANGED])).stdout;
  return changed.length === 0 || withoutBrought(changed, await broughtInto(shadow)).length === 0;
}

/** Returns what is new in a worktree and not ignored, each with a slash before it; a new folder stands for all in it. */
export async function newFiles(repo: Repository, shadow: Shadow, path: string): Promise<readonly string[]> {
  const list = ["ls-files", "--others", "--exclude-standard", "--directory", "--no-empty-directory", "-z"];
  const listed = (await git(worktreePlace(shadow, repo, path), list)).stdout;
  return withoutBrought(listed, await broughtInto(shadow)).map(
    (each) => `/${Buffer.from(each, "latin1").toString("utf8")}`,
  );
}

/** Returns what in a worktree no commit up to `tip` holds, and changes nothing: for who only looks. */
export async function uncommittedIn(
  repo: Repository,
  shadow: Shadow,
  path: string,
  tip: string,
): Promise<readonly string[]> {
  const indexFile = join(shadow.gitDir, `looked-${process.pid}`);
  const place: GitPlace = { ...worktreePlace(shadow, repo, path), indexFile };
  try {
    await git(place, ["read-tree", tip]);
    const listed = withoutBrought((await git(place, [...CHANGED])).stdout, await broughtInto(shadow));
    return [...new Set(listed)].map((each) => Buffer.from(each, "latin1").toString("utf8"));
  } finally {
    await removeFile(indexFile);
  }
}

/** The stash is a ref like others: with a file of its own, among the packed ones, or in tables. */
async function mayHaveStash({ commonDir }: Repository): Promise<boolean> {
  const stats = await Promise.all(
    [join("refs", "stash"), "reftable"].map((path) => statIfExists(join(commonDir, path))),
  );
  if (stats.some((stat) => stat !== undefined)) return true;
  return (await readIfExists(join(commonDir, "packed-refs")))?.includes(" refs/stash\n") === true;
}

/** Returns the entries of the stash that were made on this run's branch: the stash is shared with the user. */
export async function stashesOn(repo: Repository, branch: string): Promise<readonly string[]> {
  if (!(await mayHaveStash(repo))) return [];
  const place: GitPlace = commonPlace(repo);
  const out = await gitText(place, ["log", "-g", "--format=%H %gs", "refs/stash", "--"], {
    accept: [0, 128],
  });
  return out.split("\n").flatMap((line) => {
    const match = /^([0-9a-f]+) (?:WIP on|On) (.+?): /i.exec(line);
    return match !== null && (match[2] === branch || match[2] === "(no branch)") ? [match[1] ?? ""] : [];
  });
}
