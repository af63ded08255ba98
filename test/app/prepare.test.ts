import { lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Launch } from "../../src/app/engine/launch.ts";
import { prepareFiles } from "../../src/app/runner/prepare.ts";
import { findRepository } from "../../src/git/repository.ts";
import { tempRepo, type TempRepo } from "../kit/temp-repo.ts";

/** A fresh worktree of a repository whose checkout has untracked files as well. */
async function freshWorktree(repo: TempRepo, wants: Pick<Launch, "copy" | "link">): Promise<Launch> {
  const path = join(repo.root, "worktree");
  await repo.git("worktree", "add", "-q", "-b", "run", path);
  await repo.write({ ".env": "secret\n", "data/one": "1\n", "data/two": "2\n", "kept.txt": "edited\n" });
  await repo.write({ "modules/inner": "inner\n" });
  const adminDir = await repo.gitIn(path, "rev-parse", "--absolute-git-dir");
  return { repo: await findRepository(repo.path), worktree: { path, adminDir }, ...wants } as Launch;
}

test("a second try after a kill in the middle brings the files whole, and excludes them as the first", async () => {
  await using repo = await tempRepo({ "kept.txt": "kept\n" });
  const launch = await freshWorktree(repo, { copy: [".env", "data", "kept.txt"], link: ["modules"] });
  const { path } = launch.worktree;
  await writeFile(join(path, ".env"), "sec");
  await mkdir(join(path, "data"));
  await writeFile(join(path, "data", "one"), "");
  await symlink(join(repo.path, "modules"), join(path, "modules"));
  const { excluded } = await prepareFiles(launch);
  expect(excluded).toEqual(expect.arrayContaining(["/.env", "/data", "/modules"]));
  expect(excluded).not.toContain("/kept.txt");
  expect(await prepareFiles(launch)).toEqual({ excluded, refused: [] });
  expect(await readFile(join(path, ".env"), "utf8")).toBe("secret\n");
  expect(await readFile(join(path, "data", "one"), "utf8")).toBe("1\n");
  expect(await readFile(join(path, "data", "two"), "utf8")).toBe("2\n");
  expect(await readFile(join(path, "kept.txt"), "utf8")).toBe("kept\n");
  expect((await lstat(join(path, "modules"))).isSymbolicLink()).toBe(true);
});

test("what is behind a link is the user's, and is not touched", async () => {
  await using repo = await tempRepo({ "kept.txt": "kept\n" });
  const launch = await freshWorktree(repo, { copy: ["modules/inner", "modules"], link: ["modules"] });
  for (const _ of ["once", "again"]) await prepareFiles(launch);
  expect(await repo.read("modules/inner")).toBe("inner\n");
});

test("what .worktreeinclude names is copied as well, as far as git ignores it", async () => {
  await using repo = await tempRepo({
    ".gitignore": ".env*\nlocal/\n",
    ".worktreeinclude": ".env*\n/local/\nnote\n",
  });
  const launch = await freshWorktree(repo, { copy: [], link: [] });
  await repo.write({ "deep/.env.test": "deep\n", "local/a/b": "b\n", note: "not ignored\n" });
  const { excluded } = await prepareFiles(launch);
  expect(excluded.toSorted()).toEqual([
    "/.chant-status.json",
    "/.chant-status.json.tmp",
    "/.env",
    "/deep/.env.test",
    "/local",
  ]);
  const { path } = launch.worktree;
  expect(await readFile(join(path, "deep", ".env.test"), "utf8")).toBe("deep\n");
  expect(await readFile(join(path, "local", "a", "b"), "utf8")).toBe("b\n");
  await expect(lstat(join(path, "note"))).rejects.toThrow("ENOENT");
});

test("a link that leads out of the repository is not copied, wherever it stands, and is named", async () => {
  await using repo = await tempRepo({ "kept.txt": "kept\n" });
  const outside = join(repo.root, "outside");
  await mkdir(outside);
  await writeFile(join(outside, "secret"), "of somebody else\n");
  const launch = await freshWorktree(repo, { copy: ["key", "data", "away/*"], link: [] });
  await symlink(join(outside, "secret"), join(repo.path, "key"));
  await symlink(outside, join(repo.path, "away"));
  await symlink(join(outside, "not there"), join(repo.path, "data", "broken"));
  await symlink("one", join(repo.path, "data", "inner"));
  const { excluded, refused } = await prepareFiles(launch);
  expect(refused.toSorted()).toEqual(["away/secret", "data/broken", "key"]);
  expect(excluded).toEqual(["/.chant-status.json", "/.chant-status.json.tmp", "/data"]);
  const { path } = launch.worktree;
  expect((await readdir(join(path, "data"))).toSorted()).toEqual(["inner", "one", "two"]);
  for (const name of ["key", "away/secret"]) await expect(lstat(join(path, name))).rejects.toThrow("ENOENT");
});
