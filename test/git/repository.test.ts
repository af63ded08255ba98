import { appendFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { IndexMemory } from "../../src/git/index-memory.ts";
import { type Proposal, publish } from "../../src/git/publish.ts";
import { swapRef } from "../../src/git/refs.ts";
import { checkoutsOf, findRepository, hiddenBranch, type Repository } from "../../src/git/repository.ts";
import { tempRepo, type TempRepo } from "../kit/temp-repo.ts";

const branchesAt = async (repo: Repository): Promise<Readonly<Record<string, string | undefined>>> =>
  Object.fromEntries((await checkoutsOf(repo)).map(({ path, branch }) => [path, branch]));

/** A clone without a checkout of its own, in whose folder its worktrees are. */
async function bareWithWorktree(repo: TempRepo, name: string): Promise<{ folder: string; worktree: string }> {
  const folder = join(repo.root, "all");
  const worktree = join(folder, "main");
  await repo.git("clone", "-q", "--bare", repo.path, join(folder, name));
  await repo.gitIn(join(folder, name), "worktree", "add", "-q", worktree, "main");
  return { folder, worktree };
}

test("the folder of a bare repository with worktrees is no checkout", async () => {
  await using repo = await tempRepo();
  const { folder, worktree } = await bareWithWorktree(repo, ".git");
  expect(await branchesAt(await findRepository(worktree))).toEqual({ [worktree]: "refs/heads/main" });
  await expect(findRepository(folder)).rejects.toThrow(/is a bare repository/);
  await repo.gitIn(worktree, "config", "core.bare", "false");
  expect((await findRepository(folder)).home).toBe(folder);
});

test("so it is where a file leads to it, and where it says so for itself alone", async () => {
  await using repo = await tempRepo();
  const { folder, worktree } = await bareWithWorktree(repo, ".bare");
  await writeFile(join(folder, ".git"), "gitdir: ./.bare\n");
  await expect(findRepository(folder)).rejects.toThrow(/is a bare repository/);
  await repo.gitIn(worktree, "config", "extensions.worktreeConfig", "true");
  await repo.gitIn(join(folder, ".bare"), "config", "--worktree", "core.bare", "true");
  await repo.gitIn(join(folder, ".bare"), "config", "--unset", "core.bare");
  await expect(findRepository(folder)).rejects.toThrow(/is a bare repository/);
  expect(await branchesAt(await findRepository(worktree))).toEqual({ [worktree]: "refs/heads/main" });
});

test("from a worktree the checkout of a submodule is found", async () => {
  await using repo = await tempRepo();
  const inner = join(repo.path, "inner");
  const [allow, ...add] = ["protocol.file.allow=always", "submodule", "add", "-q", repo.path, "inner"];
  await repo.git("-c", allow, ...add);
  const worktree = join(repo.root, "beside");
  await repo.gitIn(inner, "worktree", "add", "-q", "-b", "other", worktree);
  expect(await branchesAt(await findRepository(worktree))).toEqual({
    [inner]: "refs/heads/main",
    [worktree]: "refs/heads/other",
  });
});

test("a branch that is checked out where nobody can tell is not moved under that checkout", async () => {
  await using repo = await tempRepo();
  const from = await repo.git("rev-parse", "HEAD");
  const to = await repo.git("commit-tree", "-p", from, "-m", "Landed", "HEAD^{tree}");
  const [gitDir, worktree] = [join(repo.root, "apart"), join(repo.root, "beside")];
  await rename(join(repo.path, ".git"), gitDir);
  await writeFile(join(repo.path, ".git"), `gitdir: ${gitDir}\n`);
  await repo.git("worktree", "add", "-q", "-b", "other", worktree);
  const beside = await findRepository(worktree);
  expect(await hiddenBranch(beside)).toBe("refs/heads/main");
  const proposal: Proposal = {
    ref: "refs/heads/main",
    from,
    to,
    owned: [],
    ownedBelow: ".chant/specs",
    index: new IndexMemory(),
    changes: [],
    reason: "test",
    keepStaged: () => Promise.resolve(),
    swap: (ref, next, old, reason) => swapRef(beside, ref, next, old, reason),
  };
  const reason = `main is checked out in a folder that ${gitDir} does not name: chant work there lands on it`;
  expect(await publish(beside, proposal)).toMatchObject({ kind: "held", reason });
  expect(await repo.git("rev-parse", "main")).toBe(from);
  const home = await findRepository(repo.path);
  expect(await hiddenBranch(home)).toBe(undefined);
  expect(await publish(home, proposal)).toMatchObject({ kind: "done" });
  expect(await repo.status()).toBe("");
});

test("the branch of a checkout is the one that commits go on, whatever other name it has", async () => {
  await using repo = await tempRepo();
  await repo.git("branch", "-m", "trunk");
  await repo.git("symbolic-ref", "refs/heads/main", "refs/heads/trunk");
  await repo.git("symbolic-ref", "HEAD", "refs/heads/main");
  const home = await findRepository(repo.path);
  expect(await branchesAt(home)).toEqual({ [repo.path]: "refs/heads/trunk" });
  await repo.git("symbolic-ref", "HEAD", "refs/heads/none");
  expect(await branchesAt(home)).toEqual({ [repo.path]: "refs/heads/none" });
  await repo.git("branch", "folder/one", "trunk");
  await repo.git("symbolic-ref", "HEAD", "refs/heads/folder");
  expect(await branchesAt(home)).toEqual({ [repo.path]: "refs/heads/folder" });
  await repo.git("checkout", "-q", "--detach", "trunk");
  expect(await branchesAt(home)).toEqual({ [repo.path]: undefined });
});

test("refs in a reftable are refused in words, as nothing that is read in files would be right", async () => {
  await using repo = await tempRepo();
  await appendFile(join(repo.path, ".git", "config"), "[extensions]\n\trefStorage = reftable\n");
  await expect(findRepository(repo.path)).rejects.toMatchObject({ code: "REFTABLE" });
});
