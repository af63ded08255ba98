import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { guardDifferences, GuardReader } from "../../src/git/guard.ts";
import { findRepository } from "../../src/git/repository.ts";
import { tempRepo, type TempRepo } from "../kit/temp-repo.ts";

type Doing = (repo: TempRepo) => Promise<unknown>;

const set =
  (name: string, value: string): Doing =>
  (repo) =>
    repo.git("config", name, value);

const write =
  (path: string, text: string): Doing =>
  (repo) =>
    repo.write({ [path]: text });

/** What an agent could do to the repository, and how the difference is told. */
const seen: readonly (readonly [string, Doing, string])[] = [
  ["a filter", set("filter.x.clean", "evil"), "config filter.x.clean is new: evil"],
  [
    "another command of a filter",
    set("filter.old.smudge", "evil"),
    "config filter.old.smudge changed to evil",
  ],
  ["a merge driver", set("merge.x.driver", "evil"), "config merge.x.driver is new: evil"],
  ["a diff driver", set("diff.x.textconv", "evil"), "config diff.x.textconv is new: evil"],
  ["an external diff", set("diff.external", "evil"), "config diff.external is new: evil"],
  ["a path of hooks", set("core.hooksPath", "/evil"), "config core.hookspath is new: /evil"],
  ["a file system monitor", set("core.fsmonitor", "evil"), "config core.fsmonitor is new: evil"],
  ["a file of attributes", set("core.attributesFile", "evil"), "config core.attributesfile is new: evil"],
  ["another working tree", set("core.worktree", "/evil"), "config core.worktree is new: /evil"],
  ["a program that signs", set("gpg.program", "evil"), "config gpg.program is new: evil"],
  ["an alias", set("alias.status", "!evil"), "config alias.status is new: !evil"],
  [
    "an included file",
    (repo) => repo.git("config", "--add", "include.path", "/evil"),
    "config include.path changed to included\n/evil",
  ],
  [
    "a file included for a folder",
    set("includeIf.gitdir:/.path", "/evil"),
    "config includeif.gitdir:/.path is new: /evil",
  ],
  [
    "a path of hooks in a file that was included before",
    write(".git/included", "[core]\n\thooksPath = /evil\n"),
    "config core.hookspath is new: /evil",
  ],
  [
    "a filter in the configuration of a worktree",
    async (repo) => {
      await repo.git("config", "extensions.worktreeConfig", "true");
      await repo.git("config", "--worktree", "filter.x.clean", "evil");
    },
    "config filter.x.clean is new: evil",
  ],
  [
    "a filter that goes",
    (repo) => repo.git("config", "--unset", "filter.old.smudge"),
    "config filter.old.smudge is gone",
  ],
  ["attributes", write(".git/info/attributes", "* filter=old\n"), "info/attributes is new: * filter=old\n"],
  [
    "other objects",
    write(".git/objects/info/alternates", "/evil\n"),
    "objects/info/alternates is new: /evil\n",
  ],
  ["grafts", write(".git/info/grafts", "x\n"), "info/grafts is new: x\n"],
  ["a new hook", write(".git/hooks/post-checkout", "evil\n"), "hook post-checkout is new"],
  ["another hook", write(".git/hooks/pre-commit", "evil\n"), "hook pre-commit changed to"],
  ["a hook that goes", (repo) => rm(join(repo.path, ".git/hooks/pre-commit")), "hook pre-commit is gone"],
];

const unseen: readonly (readonly [string, Doing])[] = [
  ["a branch to follow", (repo) => repo.git("branch", "--quiet", "-u", "other")],
  ["a name", set("user.name", "Somebody Else")],
  ["a remote", (repo) => repo.git("remote", "add", "origin", "https://example.com")],
  ["line ends", set("core.autocrlf", "input")],
  ["a sample of a hook", write(".git/hooks/pre-push.sample", "text\n")],
  ["what is excluded", write(".git/info/exclude", "x\n")],
  ["a name in an included file", write(".git/included", "[user]\n\tname = Somebody Else\n")],
];

async function withGuard(
  look: (repo: TempRepo, read: () => ReturnType<GuardReader["read"]>) => Promise<void>,
) {
  await using repo = await tempRepo();
  await repo.git("branch", "other");
  await repo.git("config", "filter.old.smudge", "cat");
  await repo.git("config", "include.path", "included");
  await repo.write({ ".git/hooks/pre-commit": "true\n", ".git/included": "[user]\n\tname = Me\n" });
  const guard = new GuardReader(await findRepository(repo.path));
  await look(repo, () => guard.read());
}

for (const [name, doing, difference] of seen) {
  test(`seen: ${name}`, () =>
    withGuard(async (repo, read) => {
      const before = await read();
      expect(guardDifferences(before, await read())).toEqual([]);
      await doing(repo);
      expect(guardDifferences(before, await read()).join("; ")).toContain(difference);
    }));
}

for (const [name, doing] of unseen) {
  test(`nothing to see: ${name}`, () =>
    withGuard(async (repo, read) => {
      const before = await read();
      await doing(repo);
      expect(guardDifferences(before, await read())).toEqual([]);
    }));
}

test("what was changed and put back is no difference", () =>
  withGuard(async (repo, read) => {
    const before = await read();
    await repo.git("config", "filter.x.clean", "evil");
    await read();
    await repo.git("config", "--unset", "filter.x.clean");
    expect(guardDifferences(before, await read())).toEqual([]);
  }));

test("the user's own configuration, outside of the repository, does not count", () =>
  withGuard(async (_repo, read) => {
    const names = Object.keys(await read());
    expect(names.toSorted()).toEqual(["config filter.old.smudge", "config include.path", "hook pre-commit"]);
  }));

test("with a linked worktree as home, its own configuration counts as well", async () => {
  await using repo = await tempRepo();
  const home = join(repo.root, "home");
  await repo.git("config", "extensions.worktreeConfig", "true");
  await repo.git("worktree", "add", "-q", home);
  const guard = new GuardReader(await findRepository(home));
  const before = await guard.read();
  await repo.gitIn(home, "config", "--worktree", "filter.x.clean", "evil");
  expect(guardDifferences(before, await guard.read())).toEqual(["config filter.x.clean is new: evil"]);
  const both = await guard.read();
  await repo.git("config", "--worktree", "filter.y.clean", "evil");
  expect(guardDifferences(both, await guard.read())).toEqual(["config filter.y.clean is new: evil"]);
});
