import { createHash } from "node:crypto";
import { basename, dirname, join, resolve } from "node:path";
import { ChantError } from "../kit/errors.ts";
import { effect } from "../host/effects.ts";
import {
  listIfExists,
  makeFolder,
  makeFolderExclusive,
  readIfExists,
  realPath,
  removeEmptyFolder,
  removeFile,
  removeTree,
  renameOver,
  statIfExists,
  writePlain,
} from "../host/files.ts";
import { flushFiles } from "../host/flush-files.ts";
import { pastDeadLock } from "./dead-ref-lock.ts";
import { gitFileTarget } from "./git-file.ts";
import { git } from "./program.ts";
import { readRef, type RefWriter, swapRef } from "./refs.ts";
import { commonPlace, type Repository } from "./repository.ts";
import { type GitSettings, setting } from "./settings.ts";
import { clearDeadFile, clearDeadLock } from "./shadow-lock.ts";

/** A run's worktree: its folder, and git's own folder for it inside the common one. */
export interface Worktree {
  readonly path: string;
  readonly adminDir: string;
}

/**
 * Makes the folder for a run's worktree and returns its path: `ROOT/chant-ID`, or, when something that is not ours
 * stands there, `ROOT/chant-ID-HASH`. It is made for this user alone, by an exclusive mkdir: a folder or link that
 * another user prepared is never taken. `plan` is told of a path before it is made, to write it down.
 */
export async function makeWorktreeFolder(
  root: string,
  id: string,
  run: string,
  plan: (path: string) => Promise<void>,
): Promise<string> {
  await makeFolder(root);
  // git knows its worktrees by their paths without links.
  const realRoot = await realPath(root);
  const hash = createHash("sha256").update(run).digest("hex").slice(0, 8);
  for (const name of [`chant-${id}`, `chant-${id}-${hash}`]) {
    const path = join(realRoot, name);
    if ((await statIfExists(path)) !== undefined) continue;
    await plan(path);
    if (await effect("worktree.directory", () => makeFolderExclusive(path))) return path;
  }
  throw new ChantError(
    "WORKTREE_FAILED",
    `Both folders for the worktree of ${id} are taken: ${join(root, `chant-${id}-${hash}`)}.`,
    {
      hint: "Move them away, or set worktree.root in .chant/config.md.",
    },
  );
}

/**
 * Registers an empty folder as a worktree on a new branch; its files are checked out later, by `checkOut`.
 * Where the repository is of git's plain kind the few files are written here, which saves the four processes of
 * `git worktree add`; with refs stored in another way, settings per worktree or sparse patterns, git does it.
 */
export async function addWorktree(
  repo: Repository,
  settings: GitSettings,
  swap: RefWriter["swap"],
  worktree: { readonly path: string; readonly run: string; readonly branch: string; readonly base: string },
): Promise<Worktree> {
  const { path, branch, base } = worktree;
  if (isPlain(settings)) return effect("worktree.add", () => registerWorktree(repo, swap, worktree));
  await effect("worktree.add", () =>
    git(commonPlace(repo), [...ADD, "-b", branch, "--end-of-options", path, base]),
  );
  return { path, adminDir: await adminDirOf(repo, path) };
}

/** The same on no branch, for files that are looked at and thrown away. */
export async function addDetachedWorktree(
  repo: Repository,
  settings: GitSettings,
  { path, run, commit }: { readonly path: string; readonly run: string; readonly commit: string },
): Promise<Worktree> {
  if (isPlain(settings)) return registerAt(repo, path, run, commit);
  await git(commonPlace(repo), [...ADD, "--detach", "--end-of-options", path, commit]);
  return { path, adminDir: await adminDirOf(repo, path) };
}

const ADD = ["worktree", "add", "--quiet", "--no-checkout"] as const;

/** Whether git's few files for a worktree are of the kind that is known here. */
const isPlain = (settings: GitSettings): boolean =>
  ["extensions.refstorage", "extensions.worktreeconfig", "core.sparsecheckout"].every(
    (name) => setting(settings, name) === undefined || setting(settings, name) === "false",
  );

/** Git's layout of a linked worktree. Its folder is put in place whole: `git worktree prune` would take half of one. */
async function registerWorktree(
  repo: Repository,
  swap: RefWriter["swap"],
  {
    path,
    run,
    branch,
    base,
  }: { readonly path: string; readonly run: string; readonly branch: string; readonly base: string },
): Promise<Worktree> {
  const ref = `refs/heads/${branch}`;
  if (!(await pastDeadLock(repo, ref, () => swap(ref, base, undefined, "chant: start")))) {
    throw new ChantError("WORKTREE_FAILED", `The branch ${branch} cannot be made, or exists already.`);
  }
  return registerAt(repo, path, run, `ref: ${ref}`);
}

async function registerAt(repo: Repository, path: string, run: string, head: string): Promise<Worktree> {
  const adminDir = ownAdminDir(repo, path, run);
  const aside = join(repo.commonDir, "chant", `worktree-${run}`);
  await makeFolder(join(repo.commonDir, "worktrees"));
  await makeFolder(aside);
  const files = {
    [join(aside, "gitdir")]: `${join(path, ".git")}\n`,
    [join(aside, "commondir")]: "../..\n",
    [join(aside, "HEAD")]: `${head}\n`,
    [join(path, ".git")]: `gitdir: ${adminDir}\n`,
  };
  for (const [file, text] of Object.entries(files)) await writePlain(file, text);
  await flushFiles(Object.keys(files));
  await renameOver(aside, adminDir);
  return { path, adminDir };
}

/** The name tells that it is ours, also when nothing in it does any more. */
const ownAdminDir = (repo: Repository, path: string, run: string): string =>
  join(repo.commonDir, "worktrees", `${basename(path)}-${run.slice(0, 8)}`);

async function adminDirOf(repo: Repository, path: string): Promise<string> {
  const link = gitFileTarget(await readIfExists(join(path, ".git")));
  const adminDir = link === undefined ? undefined : resolve(path, link);
  if (adminDir === undefined || dirname(adminDir) !== join(repo.commonDir, "worktrees")) {
    throw new ChantError("WORKTREE_FAILED", `git made no worktree at ${path}.`);
  }
  return adminDir;
}

/** A git of chant's own has so long, and one that is left of a runner no longer, in milliseconds. */
const CHECKOUT_LIMIT_MS = 600_000;

/** Fills a worktree with the files of its branch, by the user's own configuration (filters, line ends, sparse). */
export async function checkOut(worktree: Worktree): Promise<void> {
  // A git outlives the runner that was killed: two at once would write each file twice, the slower one under the agent.
  const { adminDir } = worktree;
  const indexFile = join(adminDir, "index");
  await clearDeadLock({ gitDir: adminDir, indexFile }, CHECKOUT_LIMIT_MS);
  for (const lock of await headLocks(adminDir)) await clearDeadFile(adminDir, lock);
  await git({ gitDir: worktree.adminDir, workTree: worktree.path, config: "user" }, [
    "reset",
    "--hard",
    "--quiet",
    "--no-recurse-submodules",
  ]);
}

/** What a git may leave locked that was killed as it put HEAD, and with it the branch, on the commit: its last step. */
async function headLocks(adminDir: string): Promise<readonly string[]> {
  const branch = /^ref: (refs\/heads\/.+)$/.exec(
    ((await readIfExists(join(adminDir, "HEAD"))) ?? "").trim(),
  )?.[1];
  const own = ["HEAD", "ORIG_HEAD"].map((name) => join(adminDir, `${name}.lock`));
  return branch === undefined ? own : [...own, join(dirname(dirname(adminDir)), `${branch}.lock`)];
}

/** Returns those of these paths at or below which a worktree's index has something. */
export async function trackedOf(worktree: Worktree, paths: readonly string[]): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set();
  const place = { gitDir: worktree.adminDir, workTree: worktree.path, config: "user" } as const;
  const out = await git(place, ["--literal-pathspecs", "ls-files", "-z", "--", ...paths]);
  const found = out.stdout.toString("utf8").split("\0");
  return new Set(paths.filter((path) => found.some((each) => each === path || each.startsWith(`${path}/`))));
}

/**
 * Removes a run's worktree: the folder, then git's folder for it, and only if that one still points here. Never by
 * `git worktree prune`, which forgets every worktree whose disk happens to be away, nor by `git worktree remove`,
 * which runs filters. Whoever calls this has made sure that what it holds is kept elsewhere. Safe to repeat.
 */
export async function removeWorktree(repo: Repository, worktree: Worktree): Promise<void> {
  await effect("clean.worktree", () => removeTree(worktree.path));
  await effect("clean.admin", async () => {
    if (dirname(worktree.adminDir) !== join(repo.commonDir, "worktrees")) return;
    const dotGit = (await readIfExists(join(worktree.adminDir, "gitdir")))?.trim();
    if (dotGit !== undefined && resolve(worktree.adminDir, dotGit) !== join(worktree.path, ".git")) return;
    await removeTree(worktree.adminDir);
  });
}

/**
 * Removes a folder that was made for a worktree on no branch, with all that is in it, and git's folder for it. Safe to
 * repeat, also when it was cut off while it was made.
 */
export async function removeDetachedWorktree(repo: Repository, run: string, path: string): Promise<void> {
  const adminDir = (await findAdminDir(repo, path)) ?? ownAdminDir(repo, path, run);
  await removeTree(path);
  await removeTree(adminDir);
  await removeTree(join(repo.commonDir, "chant", `worktree-${run}`));
}

/**
 * Takes back a worktree in which no agent has started: after a crash in the middle of making it, whatever is there
 * is half done. The branch goes only where it still stands at its start.
 */
export async function undoWorktree(
  repo: Repository,
  run: string,
  path: string,
  branch: string,
  base: string,
): Promise<void> {
  const ref = `refs/heads/${branch}`;
  const found = await findAdminDir(repo, path);
  if (found === undefined) {
    // A removal that was cut off may have taken what names the folder.
    await removeTree(ownAdminDir(repo, path, run));
    await removeUnregistered(repo, path);
  } else {
    // git begins a worktree with a HEAD of zeros. With any other branch it is the user's, who was there first.
    const head = (await readIfExists(join(found, "HEAD")))?.trim() ?? "";
    const isOurs = found === ownAdminDir(repo, path, run) || head === `ref: ${ref}` || /^0+$/.test(head);
    if (isOurs) await removeWorktree(repo, { path, adminDir: found });
  }
  await removeTree(join(repo.commonDir, "chant", `worktree-${run}`));
  if ((await readRef(repo, ref)) === base) {
    const reason = "chant: worktree was not finished";
    await pastDeadLock(repo, ref, () => swapRef(repo, ref, undefined, base, reason));
  }
}

/** Without git's word that the folder is ours, it goes only when nothing but a pointer of ours to nowhere is in it. */
async function removeUnregistered(repo: Repository, path: string): Promise<void> {
  if ((await statIfExists(path))?.isDirectory() !== true) return;
  const link = await readIfExists(join(path, ".git")).catch(() => undefined);
  const target = gitFileTarget(link);
  const isOurs = target !== undefined && dirname(target) === join(repo.commonDir, "worktrees");
  if (isBeginning(repo, link) || (isOurs && (await statIfExists(target)) === undefined)) {
    await removeFile(join(path, ".git"));
  }
  await effect("clean.worktree", () => removeEmptyFolder(path));
}

/** Tells whether a pointer was being written when that was cut off. */
const isBeginning = (repo: Repository, link: string | undefined): boolean =>
  link !== undefined && `gitdir: ${join(repo.commonDir, "worktrees")}/`.startsWith(link);

/** Returns git's folder for the worktree at a path: the one whose `gitdir` names it. */
export async function findAdminDir(repo: Repository, path: string): Promise<string | undefined> {
  const folder = join(repo.commonDir, "worktrees");
  for (const name of await listIfExists(folder)) {
    const adminDir = join(folder, name);
    const dotGit = (await readIfExists(join(adminDir, "gitdir")))?.trim();
    if (dotGit !== undefined && resolve(adminDir, dotGit) === join(path, ".git")) return adminDir;
  }
  return undefined;
}
