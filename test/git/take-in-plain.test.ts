import { chmod, copyFile, mkdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { GitPlace } from "../../src/git/program.ts";
import { findRepository } from "../../src/git/repository.ts";
import { makeShadow, worktreePlace } from "../../src/git/shadow.ts";
import { takeIn } from "../../src/git/take-in.ts";
import { takeInPlain } from "../../src/git/take-in-plain.ts";
import { tempRepo, type TempRepo, type TempRepoOptions } from "../kit/temp-repo.ts";

const FILES = { "a.txt": "1\n", "deep/b.txt": "2\n", "deep/er/c.txt": "3\n", "run.sh": "#!/bin/sh\n" };

/** A repository whose checkout is looked at as a run's worktree. */
async function place(repo: TempRepo, values: Readonly<Record<string, string>> = {}) {
  const repository = await findRepository(repo.path);
  const shadow = await makeShadow(repository, join(repo.root, "shadow"), {
    author: "A <a@b.c>",
    committer: "A <a@b.c>",
    values: new Map(Object.entries(values).map(([name, value]) => [name, [value]])),
  });
  await copyFile(join(repo.path, ".git", "index"), join(shadow.gitDir, "index"));
  return { repository, at: worktreePlace(shadow, repository, repo.path), shadow: shadow.gitDir };
}

/** The same place with a copy of its index. */
async function beside(at: GitPlace): Promise<GitPlace> {
  const indexFile = `${at.indexFile ?? ""}-copy`;
  await copyFile(at.indexFile ?? "", indexFile);
  return { ...at, indexFile };
}

const entries = async (repo: TempRepo, at: GitPlace): Promise<string> =>
  repo.gitWith({ GIT_INDEX_FILE: at.indexFile ?? "" }, "ls-files", "-s");

const input = (paths: readonly string[]): Buffer =>
  Buffer.from(paths.map((path) => `${path}\0`).join(""), "latin1");

for (const options of [{}, { init: ["--object-format=sha256"] }] satisfies TempRepoOptions[]) {
  test(`plain files are taken in as git does it ${JSON.stringify(options)}`, async () => {
    await using repo = await tempRepo(FILES, options);
    const { repository, at } = await place(repo);
    const path = fc.constantFrom(...Object.keys(FILES), "new.txt", "deep/new.txt", "other/ä ö\n.txt");
    const edit = fc.record({
      path,
      to: fc.option(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.boolean()), { freq: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(edit, { selector: (each) => each.path }), async (edits) => {
        for (const { path: name, to } of edits) {
          const file = join(repo.path, name);
          if (to === null) await rm(file, { force: true });
          else {
            await mkdir(dirname(file), { recursive: true });
            await writeFile(file, to[0]);
            await chmod(file, to[1] ? 0o755 : 0o644);
          }
        }
        const raw = edits.map((each) => Buffer.from(each.path, "utf8").toString("latin1"));
        const [mine, gits] = [await beside(at), at];
        expect(await takeInPlain(repository, mine, raw, Date.now())).toBe(true);
        expect(await takeIn(gits, input(raw))).toBeUndefined();
        expect(await entries(repo, mine)).toBe(await entries(repo, gits));
        // git reads it, finds every object, and sees nothing that is modified.
        const env = { GIT_INDEX_FILE: mine.indexFile ?? "" };
        expect(await repo.gitWith(env, "write-tree")).toMatch(/^[0-9a-f]+$/);
        expect(
          await repo.gitWith(env, "diff-files", "--name-only", "--", ...edits.map((each) => each.path)),
        ).toBe("");
      }),
      { numRuns: 20 },
    );
  });
}

test.for<[string, (repo: TempRepo) => Promise<unknown>, Readonly<Record<string, string>>?]>([
  ["line ends", () => Promise.resolve(), { "core.autocrlf": "true" }],
  ["modes that do not count", () => Promise.resolve(), { "core.filemode": "false" }],
  ["a filter", () => Promise.resolve(), { "filter.x.clean": "cat" }],
  ["attributes", (repo) => repo.write({ ".gitattributes": "* text\n" })],
  ["attributes in a folder", (repo) => repo.write({ "deep/.gitattributes": "* text\n" })],
  ["attributes of the repository", (repo) => repo.write({ "../shadow/info/attributes": "* text\n" })],
  ["attributes of the user", (repo) => repo.write({ "../shadow/attributes": "* text\n" })],
  [
    "a link",
    async (repo) => {
      await rm(join(repo.path, "deep/b.txt"));
      await symlink("a", join(repo.path, "deep/b.txt"));
    },
  ],
  [
    "a folder in the place of a file",
    async (repo) => {
      await rm(join(repo.path, "deep/b.txt"));
      await repo.write({ "deep/b.txt/c": "" });
    },
  ],
  [
    "a folder behind a link",
    async (repo) => {
      await repo.write({ "../elsewhere/b.txt": "not in here\n" });
      await rm(join(repo.path, "deep"), { recursive: true });
      await symlink(join(repo.root, "elsewhere"), join(repo.path, "deep"));
    },
  ],
  ["a large file", (repo) => repo.write({ "deep/b.txt": "x".repeat(300_000) })],
])("%s: left to git, and nothing is done", async ([, change, settings]) => {
  await using repo = await tempRepo(FILES);
  const { repository, at } = await place(repo, settings);
  await repo.write({ "a.txt": "changed\n" });
  await change(repo);
  const before = await entries(repo, at);
  expect(await takeInPlain(repository, at, ["a.txt", "deep/b.txt"], Date.now())).toBe(false);
  expect(await entries(repo, at)).toBe(before);
});

test("a name that means .git somewhere is git's to refuse", async () => {
  await using repo = await tempRepo(FILES);
  const { repository, at } = await place(repo);
  const names = [".GIT/config", "deep/.Git/x", "git~1/a", "deep/.git ", ".git::$DATA", ".g\u{200c}it/x"];
  await repo.write(Object.fromEntries(names.map((name) => [name, "x\n"])));
  for (const name of names) {
    const raw = Buffer.from(name, "utf8").toString("latin1");
    expect(await takeInPlain(repository, at, [raw], Date.now())).toBe(false);
  }
  const usual = [".gitignore", ".github/a.yml", "git~2", "a.git", ".gitx"];
  await repo.write(Object.fromEntries(usual.map((name) => [name, "x\n"])));
  expect(await takeInPlain(repository, at, usual, Date.now())).toBe(true);
  expect((await entries(repo, at)).split("\n").length).toBe(Object.keys(FILES).length + usual.length);
});

test("what is written after the list was begun is told by git", async () => {
  await using repo = await tempRepo({ "a.txt": "one\n", "b.txt": "one\n" });
  await repo.git("config", "core.trustctime", "false");
  const listedMs = 1_700_000_000_000;
  const at = (path: string): Promise<void> => utimes(path, listedMs / 1000, listedMs / 1000);
  const [a, b] = [join(repo.path, "a.txt"), join(repo.path, "b.txt")] as const;
  await at(b);
  await repo.git("update-index", "--refresh");
  const scene = await place(repo);
  await repo.write({ "a.txt": "two\n" });
  await at(a);
  expect(await takeInPlain(scene.repository, scene.at, ["a.txt"], listedMs)).toBe(true);
  // Of the same size, in the same moment.
  await repo.write({ "a.txt": "own\n", "b.txt": "own\n" });
  await Promise.all([a, b].map(at));
  const env = { GIT_INDEX_FILE: scene.at.indexFile ?? "" };
  expect(await repo.gitWith(env, "ls-files", "--modified")).toBe("a.txt\nb.txt");
});

test("a file where others have their folder is left to git", async () => {
  await using repo = await tempRepo(FILES);
  const { repository, at } = await place(repo);
  await rm(join(repo.path, "deep"), { recursive: true });
  await repo.write({ deep: "a file now\n" });
  expect(await takeInPlain(repository, at, ["deep"], Date.now())).toBe(false);
  expect(await takeInPlain(repository, at, ["deep", "deep/b.txt", "deep/er/c.txt"], Date.now())).toBe(false);
});
