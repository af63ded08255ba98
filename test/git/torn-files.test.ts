import { chmod, mkdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findRepository } from "../../src/git/repository.ts";
import { freezeWorktree, makeShadow } from "../../src/git/shadow.ts";
import { restoreTorn } from "../../src/git/torn-files.ts";
import { tempRepo } from "../kit/temp-repo.ts";

test("what was cut off is whole again, and nothing else is touched", async () => {
  await using repo = await tempRepo({
    "empty.txt": "all of it\n",
    "folder/ä name.txt": "one\ntwo\n",
    "tool.sh": "#!/bin/sh\necho\n",
    "edited.txt": "one\ntwo\n",
    "longer.txt": "one\n",
    "same.txt": "same\n",
  });
  await chmod(join(repo.path, "tool.sh"), 0o755);
  await repo.commitAll("base");
  const repository = await findRepository(repo.path);
  const settings = { author: "A <a@b.c>", committer: "A <a@b.c>", values: new Map() };
  const shadow = await makeShadow(repository, join(repo.root, "shadow"), settings);
  await freezeWorktree(repository, shadow, join(repo.path, ".git"), []);

  await truncate(join(repo.path, "empty.txt"), 0);
  await truncate(join(repo.path, "folder/ä name.txt"), 5);
  await truncate(join(repo.path, "tool.sh"), 3);
  const edits = {
    "edited.txt": "one\nthr",
    "longer.txt": "one\nmore\n",
    "new.txt": "",
    "folder/new.txt": "n",
  };
  await repo.write(edits);
  await mkdir(join(repo.path, "other"));

  expect(await restoreTorn(repository, shadow, repo.path, true)).toEqual([
    "empty.txt",
    "folder/ä name.txt",
    "tool.sh",
  ]);
  expect(await repo.read("empty.txt")).toBe("all of it\n");
  expect(await repo.read("folder/ä name.txt")).toBe("one\ntwo\n");
  for (const [path, text] of Object.entries(edits)) expect(await repo.read(path)).toBe(text);
  expect(await repo.git("status", "--porcelain", "--untracked-files=no")).toBe(
    " M edited.txt\n M longer.txt",
  );
  expect(await restoreTorn(repository, shadow, repo.path, true)).toEqual([]);

  // Killed while it wrote them: git had removed one by then.
  await writeFile(join(shadow.gitDir, "torn"), "empty.txt\0");
  await rm(join(repo.path, "empty.txt"));
  await truncate(join(repo.path, "tool.sh"), 3);
  expect(await restoreTorn(repository, shadow, repo.path, false)).toEqual(["empty.txt"]);
  expect(await repo.read("empty.txt")).toBe("all of it\n");
  expect(await restoreTorn(repository, shadow, repo.path, false)).toEqual([]);
});
