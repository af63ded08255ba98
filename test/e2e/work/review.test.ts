import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk } from "../../kit/chant.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-abc";

test("a landing that was cut off after the branch moved, then rebased by the user, lands once", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "One", script: goodScript("one.txt") } } });
  const bare = `${repo.root}/origin.git`;
  await repo.git("clone", "-q", "--bare", ".", bare);
  await repo.git("remote", "add", "origin", bare);
  await repo.git("fetch", "-q", "origin");
  await repo.git("branch", "-q", "-u", "origin/main");
  const other = `${repo.root}/other`;
  await repo.git("clone", "-q", bare, other);
  await repo.gitIn(other, "commit", "-q", "--allow-empty", "-m", "From elsewhere");
  await repo.gitIn(other, "push", "-q");
  await chant(repo, ["work", A], { env: { CHANT_FAIL: "publish.done:after:kill", CHANT_FAIL_SKIP: "1" } });
  expect(await statusOn(repo, A)).toBe("completed");
  // As git advises, where the lock was left over.
  await rm(join(repo.path, ".git", "index.lock"), { force: true });
  await repo.git("pull", "-q", "--rebase");
  await chantOk(repo, ["work"]);
  expect((await landings(repo)).get(A)).toBe(1);
  expect(await statusOn(repo, A)).toBe("completed");
  await expectNoTraces(repo);
});

test("a start beside a merge in progress, cut off with its worktree half made, is undone whole", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "One", script: goodScript("one.txt") } } });
  await repo.git("update-ref", "MERGE_HEAD", "HEAD");
  await chant(repo, ["work", A], { env: { CHANT_FAIL: "worktree.add:after:kill" } });
  expect(await repo.branches()).toContain(`chant/${A}`);
  await repo.git("update-ref", "-d", "MERGE_HEAD");
  await chantOk(repo, ["work"]);
  expect(await statusOn(repo, A)).toBe("completed");
  await expectNoTraces(repo);
});
