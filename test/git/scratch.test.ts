import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { findRepository } from "../../src/git/repository.ts";
import { ignoredIn, makeScratch, pointTo, putBack } from "../../src/git/scratch.ts";
import { readGitSettings } from "../../src/git/settings.ts";
import { freezeWorktree, makeShadow } from "../../src/git/shadow.ts";
import { type TempRepo, tempRepo, type TempRepoOptions } from "../kit/temp-repo.ts";

const FILES = {
  "a.txt": "a\n",
  "folder/b.txt": "b\n",
  "folder/deep/c.txt": "c\n",
  "run.sh": "echo\n",
  ".gitignore": "*.tmp\nbuild/\n!.env\n",
};

/** A worktree on a branch of its own, as a run has it. */
async function begin(repo: TempRepo) {
  const path = join(repo.root, "worktree");
  await chmod(join(repo.path, "run.sh"), 0o755);
  await symlink("a.txt", join(repo.path, "link"));
  await repo.commitAll("More");
  await repo.git("worktree", "add", "-q", "-b", "work", path);
  const adminDir = await repo.gitIn(path, "rev-parse", "--absolute-git-dir");
  const repository = await findRepository(repo.path);
  const settings = await readGitSettings(repository);
  const shadow = await makeShadow(repository, join(repo.root, "shadow"), settings);
  await freezeWorktree(repository, shadow, adminDir, ["/.chant-status.json", "/.env"]);
  await writeFile(join(path, "old.tmp"), "of the agent\n");
  // Brought by chant, and taken back from what is ignored.
  await writeFile(join(path, ".env"), "secret\n");
  await mkdir(join(path, "build"));
  await writeFile(join(path, "build", "one.o"), "1\n");
  const scratch = join(repo.root, "scratch");
  const into = async (): Promise<readonly string[]> => {
    const ignored = await ignoredIn(repository, shadow, path);
    await makeScratch(repository, scratch, { settings, head: "ref: refs/heads/work", from: shadow });
    await pointTo(path, scratch);
    return ignored;
  };
  const back = async (ignored: readonly string[]): Promise<boolean> => {
    await pointTo(path, adminDir);
    return putBack(repository, shadow, path, ignored);
  };
  return { path, into, back };
}

/** Every file, folder and link with its content and mode. */
async function stateOf(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)("sh", [
    "-c",
    `cd "$1" && find . -name .git -prune -o -printf '%P %M %l\\n' | sort && find . -name .git -prune -o -type f -print0 | sort -z | xargs -0 cat`,
    "sh",
    path,
  ]);
  return stdout;
}

const forms: readonly TempRepoOptions[] = [{}, { init: ["--object-format=sha256"] }];

test.for(forms)("git in a scratch sees all and changes nothing outside of it (%j)", async (options) => {
  await using repo = await tempRepo(FILES, options);
  await repo.git("tag", "v1");
  await repo.git("config", "user.nickname", "local");
  const { path, into, back } = await begin(repo);
  const before = {
    refs: await repo.git("for-each-ref"),
    config: await repo.read(".git/config"),
    objects: (await readdir(join(repo.path, ".git", "objects"))).toSorted(),
  };
  const ignored = await into();
  expect(await repo.gitIn(path, "status", "--porcelain", "--branch", "-uno")).toBe("## work");
  expect(await repo.gitIn(path, "describe", "--tags")).toMatch(/^v1-1-g/);
  expect(await repo.gitIn(path, "log", "--format=%s", "main")).toBe("More\nFirst commit");
  expect(await repo.gitIn(path, "config", "user.nickname")).toBe("local");
  expect(await repo.gitIn(path, "rev-parse", "--show-toplevel")).toBe(path);
  await writeFile(join(path, "a.txt"), "changed\n");
  await repo.gitIn(path, "commit", "-qam", "Of a check");
  await repo.gitIn(path, "tag", "left");
  await repo.gitIn(path, "branch", "-D", "main");
  await writeFile(join(path, "a.txt"), "again\n");
  await repo.gitIn(path, "stash");
  await repo.gitIn(path, "config", "core.hooksPath", "/somewhere");
  await repo.gitIn(path, "gc", "-q");
  expect(await back(ignored)).toBe(true);
  expect(await repo.git("for-each-ref")).toBe(before.refs);
  expect(await repo.read(".git/config")).toBe(before.config);
  expect((await readdir(join(repo.path, ".git", "objects"))).toSorted()).toEqual(before.objects);
  expect(await repo.gitIn(path, "status", "--porcelain", "--branch", "-uno")).toBe("## work");
  await rm(join(repo.root, "scratch"), { recursive: true });
  expect(await repo.gitIn(path, "log", "-1", "--format=%s")).toBe("More");
});

/** What programs do to a folder. */
const STEPS = [
  "echo x >>a.txt",
  "rm -rf folder",
  "rm a.txt; mkdir a.txt; echo x >a.txt/in",
  "rm -rf folder; ln -s / folder",
  "chmod +x a.txt; chmod -x run.sh",
  "rm link; echo x >link",
  "mkdir -p new/deep; echo x >new/deep/file; echo x >'new/a b\"c'",
  "echo x >more.tmp; mkdir -p folder/build; echo x >folder/build/o",
  "printf '*\\n!a.txt\\n' >.gitignore; echo x >hidden",
  "rm -f .gitignore; mkdir -p new; printf '*\\n' >new/.gitignore; echo x >new/y",
  "git init -q nested; echo x >nested/file",
  "git add -A; git -c user.name=x -c user.email=x@x commit -qm x",
  "rm -rf .git",
  "rm -rf .git; git init -q .",
  "git rm -rq --cached . ; git checkout -q -b other",
  "git update-index --assume-unchanged a.txt; echo y >a.txt",
  "touch -d '2001-01-01' a.txt run.sh",
];

test("whatever programs do to the files of a worktree is taken back", async () => {
  await using repo = await tempRepo(FILES);
  const { path, into, back } = await begin(repo);
  const before = await stateOf(path);
  const steps = fc.shuffledSubarray([...STEPS], { minLength: 1, maxLength: 4 });
  const tryIt = async (chosen: readonly string[]): Promise<void> => {
    const ignored = await into();
    const script = chosen.map((step) => `(${step}) 2>/dev/null`).join("\n");
    await promisify(execFile)("sh", ["-c", `${script}\ntrue`], { cwd: path, env: repo.env });
    expect(await back(ignored), script).toBe(true);
    expect(await stateOf(path), script).toBe(before);
    // Once more finds nothing to do.
    expect(await back(ignored)).toBe(true);
  };
  for (let at = 0; at < STEPS.length; at += 3) await tryIt(STEPS.slice(at, at + 3));
  await fc.assert(fc.asyncProperty(steps, tryIt), { numRuns: 2 });
});

test("of what git ignores, what was there before stays as it is", async () => {
  await using repo = await tempRepo(FILES);
  const { path, into, back } = await begin(repo);
  const ignored = await into();
  await writeFile(join(path, "old.tmp"), "changed\n");
  await writeFile(join(path, "build", "two.o"), "2\n");
  await writeFile(join(path, "new.tmp"), "new\n");
  expect(await back(ignored)).toBe(true);
  expect(await readFile(join(path, "old.tmp"), "utf8")).toBe("changed\n");
  expect(await readdir(join(path, "build"))).toEqual(["one.o", "two.o"]);
  expect(await readdir(path)).not.toContain("new.tmp");
});
