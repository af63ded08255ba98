import { existsSync } from "node:fs";
import { lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { swapRef } from "../../src/git/refs.ts";
import { findRepository, type Repository } from "../../src/git/repository.ts";
import { readGitSettings } from "../../src/git/settings.ts";
import {
  addWorktree,
  checkOut,
  findAdminDir,
  makeWorktreeFolder,
  removeWorktree,
  undoWorktree,
  type Worktree,
} from "../../src/git/worktree.ts";
import { eventually } from "../kit/eventually.ts";
import { tempRepo, type TempRepo } from "../kit/temp-repo.ts";

const ID = "2026-01-02-001-aaa";
const RUN = "0123456789abcdef";
const BRANCH = `chant/${ID}`;
const FILES = { "a.txt": "one\n", "sub/b.txt": "two\n" };

interface Made {
  readonly repository: Repository;
  readonly base: string;
  readonly worktree: Worktree;
}

const add = async (repo: TempRepo, path: string, base: string): Promise<Worktree> => {
  const repository = await findRepository(repo.path);
  const settings = await readGitSettings(repository);
  return addWorktree(
    repository,
    settings,
    (ref, to, from, reason) => swapRef(repository, ref, to, from, reason),
    {
      path,
      run: RUN,
      branch: BRANCH,
      base,
    },
  );
};

async function make(repo: TempRepo, root = repo.worktrees): Promise<Made> {
  const repository = await findRepository(repo.path);
  const base = await repo.git("rev-parse", "HEAD");
  const path = await makeWorktreeFolder(root, ID, RUN, () => Promise.resolve());
  return { repository, base, worktree: await add(repo, path, base) };
}

const kinds: readonly (readonly [string, (repo: TempRepo) => Promise<unknown>])[] = [
  ["a plain repository", () => Promise.resolve()],
  ["settings per worktree", (repo) => repo.git("config", "extensions.worktreeConfig", "true")],
  ["a sparse checkout", (repo) => repo.git("sparse-checkout", "set", "--no-cone", "/*", "!/sub/")],
];

describe.each(kinds)("%s", (_name, prepare) => {
  test("what is made is a worktree to git as well", async () => {
    await using repo = await tempRepo(FILES);
    await prepare(repo);
    const { base, worktree } = await make(repo);
    const listed = `worktree ${worktree.path}\nHEAD ${base}\nbranch refs/heads/${BRANCH}`;
    expect(await repo.git("worktree", "list", "--porcelain")).toContain(listed);
    expect(await repo.git("worktree", "prune", "--verbose", "--expire=now")).toBe("");
    await checkOut(worktree);
    const there = (...args: readonly string[]): Promise<string> => repo.gitIn(worktree.path, ...args);
    expect(await there("status", "--porcelain=v2", "--branch")).toBe(
      `# branch.oid ${base}\n# branch.head ${BRANCH}`,
    );
    await writeFile(join(worktree.path, "a.txt"), "changed\n");
    await there("commit", "-q", "-a", "-m", "In the worktree");
    expect(await repo.git("log", "--format=%s", `main..${BRANCH}`)).toBe("In the worktree");
    expect(await repo.status()).toBe("");
    await expect(repo.git("switch", "-q", BRANCH)).rejects.toThrow(worktree.path);
    await repo.git("fsck", "--no-progress");
    await repo.git("worktree", "remove", worktree.path);
    expect(await readdir(repo.worktrees)).toEqual([]);
  });

  test("removed by chant it leaves nothing, also when it is removed twice", async () => {
    await using repo = await tempRepo(FILES);
    await prepare(repo);
    const { repository, worktree } = await make(repo);
    await checkOut(worktree);
    await removeWorktree(repository, worktree);
    await removeWorktree(repository, worktree);
    expect(await repo.git("worktree", "list")).not.toContain(BRANCH);
    expect(await readdir(repo.worktrees)).toEqual([]);
    expect(await readdir(join(repo.path, ".git", "worktrees")).catch(() => [])).toEqual([]);
  });

  test("its folder may be reached by a link", async () => {
    await using repo = await tempRepo(FILES);
    await prepare(repo);
    await symlink(repo.worktrees, join(repo.root, "by-link"));
    const { repository, base, worktree } = await make(repo, join(repo.root, "by-link"));
    await checkOut(worktree);
    expect(await repo.gitIn(worktree.path, "status", "--porcelain")).toBe("");
    await undoWorktree(repository, RUN, worktree.path, BRANCH, base);
    await expectUndone(repo);
  });

  test("taken back after it was checked out in part, it can be made again", async () => {
    await using repo = await tempRepo(FILES);
    await prepare(repo);
    const { repository, base, worktree } = await make(repo);
    await writeFile(join(worktree.path, "a.txt"), "on");
    await writeFile(join(worktree.adminDir, "index.lock"), "");
    await undoWorktree(repository, RUN, worktree.path, BRANCH, base);
    await expectUndone(repo);
    const again = await make(repo);
    await writeFile(join(again.worktree.adminDir, "index.lock"), "");
    await checkOut(again.worktree);
    expect(await repo.gitIn(again.worktree.path, "status", "--porcelain")).toBe("");
  });
});

async function expectUndone(repo: TempRepo): Promise<void> {
  expect(await readdir(repo.worktrees)).toEqual([]);
  expect(await repo.branches()).toEqual(["main"]);
  expect(await readdir(join(repo.path, ".git", "worktrees")).catch(() => [])).toEqual([]);
  expect(await readdir(join(repo.path, ".git", "chant")).catch(() => [])).toEqual([]);
}

const ASIDE = `.git/chant/worktree-${RUN}`;

/** How far it got before it was killed, each with all of those before it. */
const PARTS: readonly (readonly [string, (repo: TempRepo, path: string) => Promise<unknown>])[] = [
  ["nothing", () => Promise.resolve()],
  ["the folder", (_repo, path) => mkdir(path)],
  ["the branch", (repo) => repo.git("branch", BRANCH)],
  [
    "a part of git's folder for it",
    (repo) => repo.write({ [`${ASIDE}/HEAD`]: `ref: refs/heads/${BRANCH}\n` }),
  ],
  ["an empty link to it", (_repo, path) => writeFile(join(path, ".git"), "")],
  ["a half of the link", (repo, path) => writeFile(join(path, ".git"), `gitdir: ${repo.path}/.g`)],
  [
    "the link to it",
    (repo, path) =>
      writeFile(join(path, ".git"), `gitdir: ${repo.path}/.git/worktrees/chant-${ID}-01234567\n`),
  ],
  [
    "all of git's folder for it",
    (repo, path) => repo.write({ [`${ASIDE}/gitdir`]: `${path}/.git\n`, [`${ASIDE}/commondir`]: "../..\n" }),
  ],
];

for (const [at, [part]] of PARTS.entries()) {
  test(`taken back after a kill with no more than ${part}, it can be made again`, async () => {
    await using repo = await tempRepo(FILES);
    const repository = await findRepository(repo.path);
    const path = join(repo.worktrees, `chant-${ID}`);
    const base = await repo.git("rev-parse", "HEAD");
    for (const [, doing] of PARTS.slice(0, at + 1)) await doing(repo, path);
    await undoWorktree(repository, RUN, path, BRANCH, base);
    await expectUndone(repo);
    await undoWorktree(repository, RUN, path, BRANCH, base);
    await expectUndone(repo);
    const { worktree } = await make(repo);
    expect(worktree.path).toBe(path);
    expect(await findAdminDir(repository, path)).toBe(worktree.adminDir);
  });
}

test("taken back after git was killed in the middle of making it, nothing is left", async () => {
  await using repo = await tempRepo(FILES);
  const { repository, base, worktree } = await make(repo);
  await writeFile(join(worktree.adminDir, "HEAD"), `${"0".repeat(40)}\n`);
  await writeFile(join(worktree.adminDir, "locked"), "initializing");
  await undoWorktree(repository, RUN, worktree.path, BRANCH, base);
  await expectUndone(repo);
});

test.for(["gitdir", "HEAD"])(
  "taken back after its removal was cut off with %s gone, nothing is left",
  async (gone) => {
    await using repo = await tempRepo(FILES);
    const { repository, base, worktree } = await make(repo);
    await rm(join(worktree.adminDir, gone));
    await undoWorktree(repository, RUN, worktree.path, BRANCH, base);
    await expectUndone(repo);
  },
);

test("a branch that has moved on since is kept", async () => {
  await using repo = await tempRepo(FILES);
  const { repository, base, worktree } = await make(repo);
  const other = await repo.commitAll("Other");
  await repo.git("update-ref", `refs/heads/${BRANCH}`, other);
  await undoWorktree(repository, RUN, worktree.path, BRANCH, base);
  expect(await repo.git("rev-parse", BRANCH)).toBe(other);
});

test("a branch that is there already is refused, and nothing is made", async () => {
  await using repo = await tempRepo(FILES);
  await repo.git("branch", BRANCH);
  await expect(make(repo)).rejects.toMatchObject({ code: "WORKTREE_FAILED" });
  expect(await repo.git("worktree", "list")).not.toContain(BRANCH);
  expect(await readdir(join(repo.worktrees, `chant-${ID}`))).toEqual([]);
});

const path = (repo: TempRepo): string => join(repo.worktrees, `chant-${ID}`);

/** Everything in a folder, links as such. */
async function contents(folder: string): Promise<readonly string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => !name.startsWith(".git/")).toSorted();
}

/** What somebody else may have put where a run's worktree goes. */
const prepared: readonly (readonly [string, (repo: TempRepo) => Promise<unknown>])[] = [
  ["a folder", (repo) => mkdir(path(repo))],
  [
    "a folder with a file in it",
    async (repo) => {
      await mkdir(path(repo));
      await writeFile(join(path(repo), "mine.txt"), "mine\n");
    },
  ],
  ["a file", (repo) => writeFile(path(repo), "mine\n")],
  ["a link to nothing", (repo) => symlink("/nowhere", path(repo))],
  [
    "a link to a folder",
    async (repo) => {
      await mkdir(join(repo.root, "elsewhere"));
      await symlink(join(repo.root, "elsewhere"), path(repo));
    },
  ],
  ["a worktree of the user's", (repo) => repo.git("worktree", "add", "-q", path(repo))],
  [
    "a link to a worktree of the user's",
    async (repo) => {
      await repo.git("worktree", "add", "-q", join(repo.root, "theirs"));
      await symlink(join(repo.root, "theirs"), path(repo));
    },
  ],
];

for (const [name, prepare] of prepared) {
  test(`${name} that stands where the worktree goes is not taken, and not removed`, async () => {
    await using repo = await tempRepo(FILES);
    await prepare(repo);
    const before = await contents(repo.root);
    const planned: string[] = [];
    const made = await makeWorktreeFolder(repo.worktrees, ID, RUN, async (each) => void planned.push(each));
    expect(made).toMatch(/chant-2026-01-02-001-aaa-[0-9a-f]{8}$/);
    expect(planned).toEqual([made]);
    await expect(makeWorktreeFolder(repo.worktrees, ID, RUN, () => Promise.resolve())).rejects.toMatchObject({
      code: "WORKTREE_FAILED",
    });
    await rm(made, { recursive: true });
    // It came between the plan and the making of the folder, and then chant was killed: the plan names it.
    const repository = await findRepository(repo.path);
    await undoWorktree(repository, RUN, path(repo), BRANCH, await repo.git("rev-parse", "HEAD"));
    if (name !== "a folder") expect(await contents(repo.root)).toEqual(before);
    expect(await repo.git("worktree", "prune", "--verbose", "--expire=now")).toBe("");
  });
}

test("git's folder of another worktree is not removed with one that is gone", async () => {
  await using repo = await tempRepo(FILES);
  const { repository, worktree } = await make(repo);
  const theirs = join(repo.root, "theirs");
  await repo.git("worktree", "add", "-q", theirs);
  const adminDir = (await findAdminDir(repository, theirs)) ?? "";
  await removeWorktree(repository, { path: join(repo.root, "nowhere"), adminDir });
  await removeWorktree(repository, { path: join(repo.root, "nowhere"), adminDir: join(repo.path, ".git") });
  expect(await repo.gitIn(theirs, "status", "--porcelain")).toBe("");
  expect(await findAdminDir(repository, worktree.path)).toBe(worktree.adminDir);
});

test("a link in a worktree is removed, and what it points to is not", async () => {
  await using repo = await tempRepo(FILES);
  const { repository, worktree } = await make(repo);
  await mkdir(join(repo.root, "elsewhere"));
  await writeFile(join(repo.root, "elsewhere", "mine.txt"), "mine\n");
  await symlink(join(repo.root, "elsewhere"), join(worktree.path, "link"));
  await removeWorktree(repository, worktree);
  expect(await contents(join(repo.root, "elsewhere"))).toEqual(["mine.txt"]);
  await symlink(join(repo.root, "elsewhere"), worktree.path);
  await removeWorktree(repository, worktree);
  expect(await contents(join(repo.root, "elsewhere"))).toEqual(["mine.txt"]);
});

test("the folder is for its user alone", async () => {
  await using repo = await tempRepo(FILES);
  const { worktree } = await make(repo);
  expect((await lstat(worktree.path)).mode & 0o777).toBe(0o700);
});

test.skipIf(process.platform !== "linux")(
  "a git that still fills the worktree for a runner that was killed is waited for",
  async () => {
    await using repo = await tempRepo({ ...FILES, ".gitattributes": "*.txt filter=slow\n" });
    const { worktree } = await make(repo);
    const [begun, go] = [join(repo.root, "begun"), join(repo.root, "go")];
    const slow = `sh -c 'echo x >>${begun}; until [ -e ${go} ]; do sleep 0.01; done; cat'`;
    await repo.git("config", "filter.slow.smudge", slow);
    const first = checkOut(worktree);
    await eventually("the first fills it", [repo.root], () => existsSync(begun));
    const lock = join(worktree.adminDir, "index.lock");
    const { ino } = await lstat(lock);
    const second = checkOut(worktree);
    expect((await lstat(lock)).ino).toBe(ino);
    await writeFile(go, "");
    await Promise.all([first, second]);
    expect(await readFile(join(worktree.path, "a.txt"), "utf8")).toBe("one\n");
    expect(existsSync(lock)).toBe(false);
  },
);

test.skipIf(process.platform !== "linux")(
  "the locks of a git that was killed as it put HEAD on the commit are in no later one's way",
  async () => {
    await using repo = await tempRepo(FILES);
    const { worktree } = await make(repo);
    const branch = join(repo.path, ".git", "refs", "heads", `${BRANCH}.lock`);
    const locks = [
      ...["index", "HEAD", "ORIG_HEAD"].map((name) => join(worktree.adminDir, `${name}.lock`)),
      branch,
    ];
    for (const lock of locks) await writeFile(lock, "");
    await checkOut(worktree);
    expect(await repo.gitIn(worktree.path, "status", "--porcelain")).toBe("");
    expect(locks.filter((lock) => existsSync(lock))).toEqual([]);
  },
);
