import { dirname, isAbsolute, join, resolve } from "node:path";
import { ChantError } from "../kit/errors.ts";
import { listIfExists, readIfExists, realPath, statIfExists } from "../host/files.ts";
import { gitFileTarget } from "./git-file.ts";
import type { GitPlace } from "./program.ts";
import { isSilentExclude } from "./silent.ts";

/** One repository as seen from one of its checkouts. All paths are absolute. */
export interface Repository {
  /** The checkout where the user works: its top folder. */
  readonly home: string;
  /** The git folder of that checkout; in a linked worktree not the common one. */
  readonly gitDir: string;
  readonly commonDir: string;
  readonly hash: "sha1" | "sha256";
  /** `.chant` is kept out of git, by the repository's own `info/exclude`: see docs/design/0024. */
  readonly isSilent?: true;
}

/**
 * Finds the repository around `from`, without starting a process. In a worktree of a run, home is where the run
 * came from.
 * @throws ChantError NOT_A_REPOSITORY outside of one, or in one that belongs to another user; REFTABLE.
 */
export async function findRepository(from: string): Promise<Repository> {
  const start = await realPath(from);
  for (let folder = start; ; folder = dirname(folder)) {
    const gitDir = await gitDirOf(folder);
    if (gitDir !== undefined) {
      const commonDir = await commonDirOf(gitDir);
      await requireOwn(commonDir);
      const config = await configOf(commonDir);
      if (gitDir === commonDir && isBare(config)) throw bareRepository(gitDir);
      if (/^\s*refstorage\s*=\s*"?reftable"?\s*$/im.test(config)) throw refsInTables(commonDir);
      const hash = /^\s*objectformat\s*=\s*sha256\s*$/im.test(config) ? "sha256" : "sha1";
      const exclude = (await readIfExists(join(commonDir, "info", "exclude"))) ?? "";
      const repo = { home: folder, gitDir, commonDir, hash } as const;
      return isSilentExclude(exclude) ? { ...repo, isSilent: true } : repo;
    }
    if (folder === dirname(folder)) break;
  }
  const bare = await bareAround(start);
  if (bare !== undefined) throw bareRepository(bare);
  throw new ChantError("NOT_A_REPOSITORY", `${start} is not inside a git repository.`, {
    hint: "Change to your project, or make it a repository with: git init",
  });
}

const bareRepository = (gitDir: string): ChantError =>
  new ChantError("NOT_A_REPOSITORY", `${gitDir} is a bare repository, without a checkout to work from.`, {
    hint: `Work in a worktree of it (git worktree list), or in a clone: git clone ${gitDir}. If it is none: git --git-dir=${gitDir} config core.bare false`,
  });

/** There the file HEAD names no branch, and what chant reads in files itself would be wrong. */
const refsInTables = (commonDir: string): ChantError =>
  new ChantError("REFTABLE", `${commonDir} keeps its refs in a reftable, which chant does not read.`, {
    hint: "Turn them into files, which every git reads: git refs migrate --ref-format=files. Nothing was changed.",
  });

/** Returns the settings of the common git folder, and after them those of its own checkout. */
async function configOf(commonDir: string): Promise<string> {
  const own = (await readIfExists(join(commonDir, "config"))) ?? "";
  if (!/^\s*worktreeconfig\s*=\s*true\s*$/im.test(own)) return own;
  return `${own}\n${(await readIfExists(join(commonDir, "config.worktree"))) ?? ""}`;
}

/** Tells whether a configuration says that its git folder has no checkout of its own; worktrees it may have. */
function isBare(config: string): boolean {
  const last = [...config.matchAll(/^\s*bare\s*(?:=\s*"?(\w*)"?\s*)?$/gim)].at(-1);
  return last !== undefined && /^(?:true|yes|on|1)$/i.test(last[1] ?? "true");
}

/** Returns the bare repository that a folder is, or is in. */
async function bareAround(start: string): Promise<string | undefined> {
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    const parts = ["HEAD", "objects", "refs"].map((name) => statIfExists(join(folder, name)));
    if ((await Promise.all(parts)).every((part) => part !== undefined)) return folder;
  }
  return undefined;
}

async function gitDirOf(folder: string): Promise<string | undefined> {
  const path = join(folder, ".git");
  const found = await statIfExists(path);
  if (found === undefined) return undefined;
  if (!found.isFile()) {
    return (await statIfExists(join(path, "HEAD"))) === undefined ? undefined : await realPath(path);
  }
  const link = gitFileTarget(await readIfExists(path));
  return link === undefined ? undefined : await realPath(resolve(folder, link));
}

async function commonDirOf(gitDir: string): Promise<string> {
  const link = (await readIfExists(join(gitDir, "commondir")))?.trim();
  return link === undefined ? gitDir : await realPath(resolve(gitDir, link));
}

/** git's own rule (safe.directory): what another user prepared is not run with our rights. */
async function requireOwn(commonDir: string): Promise<void> {
  const owner = (await statIfExists(commonDir))?.uid;
  const self = process.getuid?.();
  const sudo = Number(process.env["SUDO_UID"]);
  if (owner === undefined || self === undefined || owner === self || (self === 0 && owner === sudo)) return;
  throw new ChantError(
    "NOT_A_REPOSITORY",
    `${commonDir} belongs to another user, so chant does not run git in it.`,
    {
      hint: "Work in a clone of your own.",
    },
  );
}

/** The real git folder, for refs, worktrees and reading objects. */
export const commonPlace = (repo: Repository): GitPlace => ({ gitDir: repo.commonDir, config: "chant" });

/** A checkout of the repository as its user runs git in it: their configuration counts. */
export const checkoutPlace = (checkout: Checkout): GitPlace => ({
  gitDir: checkout.gitDir,
  workTree: checkout.path,
  config: "user",
});

/** One checkout: the main one or a linked worktree. */
export interface Checkout {
  readonly path: string;
  readonly gitDir: string;
  /** The branch it is on, as a full ref name, or undefined when HEAD is detached. */
  readonly branch: string | undefined;
}

/**
 * Returns every checkout of the repository; one whose disk is away is in the list as well. From a linked worktree nobody
 * can tell where the main one is when its git folder stands apart from it: that one is missing, see `hiddenBranch`.
 */
export async function checkoutsOf(repo: Repository): Promise<readonly Checkout[]> {
  const found: Checkout[] = [];
  const main = await mainCheckout(repo);
  if (main !== undefined) {
    found.push({ path: main, gitDir: repo.commonDir, branch: await branchOfHead(repo.commonDir) });
  }
  const worktrees = join(repo.commonDir, "worktrees");
  for (const name of await listIfExists(worktrees)) {
    const gitDir = join(worktrees, name);
    const dotGit = (await readIfExists(join(gitDir, "gitdir")))?.trim();
    if (dotGit === undefined) continue;
    const path = dirname(isAbsolute(dotGit) ? dotGit : resolve(gitDir, dotGit));
    const branch = await (gitDir === repo.gitDir ? branchOfHead(gitDir) : nameInHead(gitDir));
    found.push({ path, gitDir, branch });
  }
  return found;
}

/** Where the checkout of the common git folder itself is; undefined when there is none, or nothing says. */
async function mainCheckout({ home, gitDir, commonDir }: Repository): Promise<string | undefined> {
  if (gitDir === commonDir) return home;
  const config = await configOf(commonDir);
  if (isBare(config)) return undefined;
  // As in a submodule.
  const named = /^\s*worktree\s*=\s*"?(.+?)"?\s*$/im.exec(config)?.[1];
  if (named !== undefined) return resolve(commonDir, named);
  return commonDir.endsWith("/.git") ? dirname(commonDir) : undefined;
}

/** Returns the branch that is checked out where nobody can tell, if there is such a place: see `checkoutsOf`. */
export async function hiddenBranch(repo: Repository): Promise<string | undefined> {
  const isHidden = (await mainCheckout(repo)) === undefined && !isBare(await configOf(repo.commonDir));
  return isHidden ? branchOfHead(repo.commonDir) : undefined;
}

/** How many names one branch can have that lead to each other; git follows no more. */
const MOST_NAMES = 5;

/**
 * Returns the branch that a git folder's HEAD is on, as a full ref name, or undefined when it is detached. What HEAD names
 * may be but another name of it (`git symbolic-ref refs/heads/master refs/heads/main`): a commit goes on the branch itself.
 */
export async function branchOfHead(gitDir: string): Promise<string | undefined> {
  let branch = await nameInHead(gitDir);
  if (branch === undefined) return undefined;
  const commonDir = await commonDirOf(gitDir);
  for (let names = 1; names < MOST_NAMES; names += 1) {
    const next: string | undefined = branchIn(
      await readIfExists(join(commonDir, branch)).catch(() => undefined),
    );
    if (next === undefined) break;
    branch = next;
  }
  return branch;
}

/** The same without other names. */
const nameInHead = async (gitDir: string): Promise<string | undefined> =>
  branchIn(await readIfExists(join(gitDir, "HEAD")));

const branchIn = (text: string | undefined): string | undefined =>
  /^ref: (refs\/heads\/.+)$/m.exec(text ?? "")?.[1];
