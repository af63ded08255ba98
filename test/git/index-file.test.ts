import { chmod, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isAsIndexed, parseIndex, SMALL_BYTES, treeOfIndex } from "../../src/git/index-file.ts";
import { findRepository } from "../../src/git/repository.ts";
import { tempRepo, type TempRepo } from "../kit/temp-repo.ts";

const indexOf = (repo: TempRepo): string => join(repo.path, ".git", "index");

const ours = async (repo: TempRepo): Promise<string | undefined> =>
  treeOfIndex(await findRepository(repo.path), indexOf(repo));

const name = fc.constantFrom("a", "a.b", "a-b", "a0", "ä", "with space", "new\nline", "z".repeat(200));
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));

test("a small index gives the tree that git writes of it", async () => {
  await using repo = await tempRepo({ "first.txt": "" });
  const files = fc.array(fc.tuple(path, fc.constantFrom("100644", "100755", "120000", "160000")), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(files, async (entries) => {
      await repo.git("read-tree", "--empty");
      for (const [each, mode] of entries) {
        // What comes later takes the place of a folder or a file of that name.
        const oid = mode === "160000" ? "1".repeat(40) : await repo.git("hash-object", "-w", "first.txt");
        await repo.git("update-index", "--add", "--replace", "--cacheinfo", mode, oid, each);
      }
      const tree = await ours(repo);
      expect(tree).toBe(await repo.git("write-tree", "--missing-ok"));
      expect(await repo.git("cat-file", "-t", tree ?? "")).toBe("tree");
    }),
    { numRuns: 25 },
  );
});

test("so it does with the names of SHA-256", async () => {
  await using repo = await tempRepo(
    { "a.txt": "1\n", "b/c.txt": "2\n" },
    { init: ["--object-format=sha256"] },
  );
  expect(await ours(repo)).toBe(await repo.git("write-tree"));
});

test.for<[string, (repo: TempRepo) => Promise<unknown>]>([
  ["another version", (repo) => repo.git("update-index", "--index-version", "4")],
  ["a file that is but announced", (repo) => repo.git("add", "-N", "later.txt")],
  ["a file that counts as unchanged", (repo) => repo.git("update-index", "--assume-unchanged", "a.txt")],
  ["a file that is left out", (repo) => repo.git("update-index", "--skip-worktree", "a.txt")],
  ["a split index", (repo) => repo.git("update-index", "--split-index")],
  [
    "a conflict",
    async (repo) => {
      await repo.git("switch", "-q", "-c", "other");
      await repo.write({ "a.txt": "theirs\n" });
      await repo.commitAll("Theirs");
      await repo.git("switch", "-q", "main");
      await repo.write({ "a.txt": "ours\n" });
      await repo.commitAll("Ours");
      await repo.git("merge", "other").catch(() => undefined);
    },
  ],
  ["a torn file", async (repo) => writeFile(indexOf(repo), (await readFile(indexOf(repo))).subarray(0, 100))],
  ["no file", (repo) => rm(indexOf(repo))],
  [
    "a large one",
    async (repo) => {
      const many = Array.from({ length: 600 }, (_, n) => [`many/${n}.txt`, ""] as const);
      await repo.write(Object.fromEntries(many));
      await repo.git("add", "-A");
      expect((await readFile(indexOf(repo))).length).toBeGreaterThan(SMALL_BYTES);
    },
  ],
])("%s is left to git", async ([, change]) => {
  await using repo = await tempRepo({ "a.txt": "1\n", "b.txt": "2\n" });
  await repo.write({ "later.txt": "" });
  await change(repo);
  expect(await ours(repo)).toBeUndefined();
});

test("arbitrary bytes are no index", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(9), (bytes, count) => {
      const head = Buffer.from([0x44, 0x49, 0x52, 0x43, 0, 0, 0, 2, 0, 0, 0, count]);
      const read = parseIndex(Buffer.concat([head, bytes]), "sha1");
      if (read !== undefined) expect(read.length).toBe(count);
    }),
    { numRuns: 2_000 },
  );
});

/** Lets the index be newer than all files, as after a judgement. */
async function age(repo: TempRepo): Promise<void> {
  const later = new Date(Date.now() + 1_000);
  await utimes(indexOf(repo), later, later);
}

/** A worktree that is as its index says, whose files are old enough to be told by their stamps. */
async function settled(): Promise<TempRepo> {
  const repo = await tempRepo({
    "a.txt": "1\n",
    "deep/er/b.txt": "2\n",
    "run.sh": "#!/bin/sh\n",
    ".gitignore": "ign\n",
  });
  await symlink("a.txt", join(repo.path, "link"));
  await chmod(join(repo.path, "run.sh"), 0o755);
  await repo.write({ brought: "by chant\n" });
  await repo.git("add", "-A", ":!brought");
  await age(repo);
  return repo;
}

const isAs = async (repo: TempRepo): Promise<boolean> =>
  isAsIndexed(await findRepository(repo.path), repo.path, indexOf(repo), (each) => each === "brought");

test("a worktree in which nothing happened is as its index says", async () => {
  await using repo = await settled();
  expect(await isAs(repo)).toBe(true);
});

test.for<[string, (repo: TempRepo) => Promise<unknown>]>([
  ["a change", (repo) => repo.write({ "a.txt": "2\n" })],
  [
    "a change of the same length and time",
    async (repo) => {
      const at = new Date(1_700_000_000_000);
      await utimes(join(repo.path, "a.txt"), at, at);
      await repo.git("update-index", "--refresh");
      await age(repo);
      await repo.write({ "a.txt": "2\n" });
      await utimes(join(repo.path, "a.txt"), at, at);
    },
  ],
  ["a missing file", (repo) => rm(join(repo.path, "a.txt"))],
  ["a new file", (repo) => repo.write({ "deep/new.txt": "" })],
  ["an ignored file", (repo) => repo.write({ ign: "" })],
  [
    "a new folder with nothing in it",
    async (repo) => {
      await repo.write({ "empty/gone": "" });
      await rm(join(repo.path, "empty", "gone"));
    },
  ],
  ["another mode", (repo) => chmod(join(repo.path, "a.txt"), 0o755)],
  [
    "a link in the place of a file",
    async (repo) => {
      await rm(join(repo.path, "a.txt"));
      await symlink("run.sh", join(repo.path, "a.txt"));
    },
  ],
  ["a repository inside", (repo) => repo.write({ "deep/.git/HEAD": "ref: refs/heads/main\n" })],
  [
    "an index that is no newer than its files",
    async (repo) => {
      const old = new Date(Date.now() - 60_000);
      await utimes(indexOf(repo), old, old);
    },
  ],
])("%s is not told to be as the index says", async ([, change]) => {
  await using repo = await settled();
  await change(repo);
  expect(await isAs(repo)).toBe(false);
});
