import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contentOf, headOf, stashesOn } from "../../src/git/facts.ts";
import { ObjectReader } from "../../src/git/object-reader.ts";
import { findRepository } from "../../src/git/repository.ts";
import { freezeWorktree, makeShadow } from "../../src/git/shadow.ts";
import { Trees } from "../../src/git/tree.ts";
import { type TempRepo, tempRepo } from "../kit/temp-repo.ts";

/** Where a run is that began at `base` on the branch `work`. */
async function lookAt(repo: TempRepo, base: string) {
  const repository = await findRepository(repo.path);
  using reader = new ObjectReader(repository);
  const settings = { author: "A <a@b.c>", committer: "A <a@b.c>", values: new Map() };
  const shadow = await makeShadow(repository, join(repo.root, "shadow"), settings);
  const worktree = { path: repo.path, adminDir: join(repo.path, ".git") };
  return await headOf(
    reader,
    new Trees(repository, reader),
    shadow,
    worktree,
    "work",
    base,
    "refs/heads/main",
  );
}

async function begin(repo: TempRepo): Promise<string> {
  const base = await repo.commitAll("base");
  await repo.git("checkout", "--quiet", "-b", "work");
  return base;
}

async function grow(repo: TempRepo, count: number): Promise<void> {
  for (let n = 1; n <= count; n += 1) {
    await repo.write({ [`folder/${n}.txt`]: `${n}\n`, "same.txt": `same ${n}\n` });
    await repo.commitAll(`commit ${n}`);
  }
}

async function expectAsGitWalks(repo: TempRepo, base: string): Promise<void> {
  const head = await lookAt(repo, base);
  const walked = await repo.git("rev-list", "--reverse", "HEAD", `^${base}`);
  expect(head.tip).toBe(await repo.git("rev-parse", "HEAD"));
  expect(head.commits).toEqual(walked === "" ? [] : walked.split("\n"));
}

test.for([0, 1, 3, 20, 21])("%i commits in a row are told as git tells them", async (count) => {
  await using repo = await tempRepo({ "a.txt": "1\n" });
  const base = await begin(repo);
  await grow(repo, count);
  await expectAsGitWalks(repo, base);
});

test("so are packed ones, and merges", async () => {
  await using repo = await tempRepo({ "a.txt": "1\n" });
  const base = await begin(repo);
  await grow(repo, 3);
  await repo.git("gc", "--quiet");
  await expectAsGitWalks(repo, base);
  await repo.git("checkout", "--quiet", "-b", "side", base);
  await repo.write({ "side.txt": "side\n" });
  await repo.commitAll("side");
  await repo.git("checkout", "--quiet", "work");
  await repo.git("merge", "--quiet", "--no-edit", "side");
  await expectAsGitWalks(repo, base);
});

test("a history that does not begin at the base is foreign", async () => {
  await using repo = await tempRepo({ "a.txt": "1\n" });
  const base = await begin(repo);
  await repo.git("checkout", "--quiet", "--orphan", "other");
  await repo.commitAll("elsewhere");
  expect(await lookAt(repo, base)).toMatchObject({ place: "foreign", commits: [] });
});

test("a commit without one of its files is refused, however short its history", async () => {
  await using repo = await tempRepo({ "a.txt": "1\n" });
  const base = await begin(repo);
  await grow(repo, 2);
  const blob = await repo.git("rev-parse", "HEAD~1:same.txt");
  await rm(join(repo.path, ".git", "objects", blob.slice(0, 2), blob.slice(2)));
  await expect(lookAt(repo, base)).rejects.toMatchObject({ code: "GIT_FAILED" });
});

test("a HEAD that names a commit that is not there is damaged; one that names none is foreign", async () => {
  await using repo = await tempRepo({ "a.txt": "1\n" });
  const base = await begin(repo);
  await repo.write({ ".git/refs/heads/work": `${"1".repeat(40)}\n` });
  expect(await lookAt(repo, base)).toMatchObject({ tip: base, place: "damaged" });
  await repo.write({ ".git/HEAD": "ref: refs/heads/none\n" });
  expect(await lookAt(repo, base)).toMatchObject({ tip: base, place: "foreign" });
});

test.for([true, false])("content that is gone is taken in again, with a base: %s", async (hasBase) => {
  await using repo = await tempRepo({ "a.txt": "1\n" });
  const repository = await findRepository(repo.path);
  using reader = new ObjectReader(repository);
  const trees = new Trees(repository, reader);
  const commit = await repo.git("rev-parse", "HEAD");
  const settings = { author: "A <a@b.c>", committer: "A <a@b.c>", values: new Map() };
  const shadow = await makeShadow(repository, join(repo.root, "shadow"), settings);
  await freezeWorktree(repository, shadow, join(repo.path, ".git"), []);
  const content = async (): Promise<string> => {
    const options = hasBase ? { since: { reader, trees, commit } } : {};
    const found = await contentOf(repository, shadow, repo.path, options);
    return found.kind === "tree" ? found.tree : found.reason;
  };
  await repo.write({ "new.txt": "new\n", "deep/er.txt": "deep\n" });
  const tree = await content();
  // No commit holds it, and git does not know chant's index.
  await repo.git("gc", "--quiet", "--prune=now");
  await expect(repo.git("cat-file", "-e", tree)).rejects.toThrow();
  expect(await content()).toBe(tree);
  expect(await repo.git("fsck", "--no-dangling", "--no-reflogs", tree)).toBe("");
  expect(await repo.git("show", `${tree}:deep/er.txt`)).toBe("deep");
});

test("a stash is found wherever git keeps its ref", async () => {
  await using repo = await tempRepo({ "a.txt": "1\n" });
  const repository = await findRepository(repo.path);
  expect(await stashesOn(repository, "main")).toEqual([]);
  await repo.write({ "a.txt": "2\n" });
  await repo.git("stash", "--quiet");
  const stash = await repo.git("rev-parse", "refs/stash");
  expect(await stashesOn(repository, "main")).toEqual([stash]);
  await repo.git("pack-refs", "--all");
  expect(repo.has(".git/refs/stash")).toBe(false);
  expect(await stashesOn(repository, "main")).toEqual([stash]);
  expect(await stashesOn(repository, "other")).toEqual([]);
});
