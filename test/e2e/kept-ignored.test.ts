import { expect, test } from "vitest";
import { chant, chantOk } from "../kit/chant.ts";
import { goodScript, tempProject } from "../kit/spec.ts";
import { expectNoTraces, statusOn } from "../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";

const MAKE_IGNORED = `echo notes >notes.tmp
mkdir -p out/deep
echo built >out/deep/file
mkdir deps
head -c 5000 /dev/zero >deps/large
git init -q cloned.tmp && echo x >cloned.tmp/file`;

test("what an agent made and git ignores is kept up to the limit, and what is left out is named", async () => {
  await using repo = await tempProject({
    config: "lifecycle: { snapshots: { ignored_max_size: 2KB } }\n",
    files: { ".gitignore": "*.tmp\nout/\ndeps/\n" },
    specs: {
      [A]: { script: `${MAKE_IGNORED}\n${goodScript("a.txt")}` },
      [B]: { script: `${MAKE_IGNORED}\necho half >half.txt\nexit 3` },
    },
  });
  const config = await repo.read(".chant/config.md");
  const copying = config.replace("worktree: {", "worktree: { copy: [secret.tmp],");
  await repo.write({ "secret.tmp": "the user's\n", ".chant/config.md": copying });
  await repo.commitAll("Copy a file");
  await chant(repo, ["work", A]);
  expect(await statusOn(repo, A)).toBe("completed");
  await chant(repo, ["work", B]);
  const { stderr } = await chant(repo, ["reset", B]);
  const left = "ignored_max_size (2KB): cloned.tmp/ (a repository of its own), deps/ (more than 2 KB)";
  expect(stderr).toContain(left);
  const kept = async (id: string): Promise<readonly string[]> => {
    const [last = ""] = (await repo.git("for-each-ref", "--format=%(refname)", `refs/chant/snapshots/${id}`))
      .split("\n")
      .toReversed();
    expect(await repo.git("log", "-1", "--format=%b", last)).toContain(left);
    const tree = await repo.git("ls-tree", "-r", "--name-only", last);
    return tree.split("\n").filter((path) => !path.startsWith(".chant") && path !== ".gitignore");
  };
  expect(await kept(A)).toEqual(["a.txt", "notes.tmp", "out/deep/file"]);
  expect(await kept(B)).toEqual(["a.txt", "half.txt", "notes.tmp", "out/deep/file"]);
  // The landing itself says nothing of it; its log does.
  expect(await repo.read(`.chant/logs/${A}.log`)).toContain("What git ignores in its worktree is kept in");
  const [, command = ""] = /chant (restore \S+ --snapshot \S+?)\)/.exec(stderr) ?? [];
  await chantOk(repo, command.split(" "));
  const branch = (await repo.branches()).find((name) => name.startsWith(`restored/${B}`)) ?? "";
  expect(await repo.git("show", `${branch}:notes.tmp`)).toBe("notes");
  await repo.git("branch", "-D", branch);
  await expectNoTraces(repo);
});
