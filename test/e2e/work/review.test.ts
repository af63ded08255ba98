import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-abc";
const B = "2026-01-01-002-bcd";

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

for (const [name, script] of [
  ["a nested repository without a commit", "git init -q sub; exit 1"],
  [
    "a nested repository with a commit",
    "git init -q sub; cd sub; echo x >x; git add x; git commit -q -m x; exit 1",
  ],
] as const) {
  test(`${name}: reset and cancel refuse before anything is changed, and others go on`, async () => {
    await using repo = await tempProject({
      specs: { [A]: { title: "One", script }, [B]: { title: "Two", script: goodScript("two.txt") } },
    });
    expect((await chant(repo, ["work", A])).status).toBe(1);
    const sub = `${repo.worktrees}/chant-${A}/sub`;
    const before = await repo.git("rev-parse", "main");
    for (const command of ["reset", "cancel"]) {
      const refused = await chant(repo, [command, A]);
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain("sub");
      expect(await repo.git("rev-parse", "main")).toBe(before);
    }
    expect(repo.has(`../worktrees/chant-${A}/sub/.git`)).toBe(true);
    await chantOk(repo, ["work", B]);
    await rename(sub, join(repo.root, "sub"));
    await chantOk(repo, ["cancel", A]);
    await expectNoTraces(repo);
  });
}

test("a run that is given up and cannot be cleared away waits, and the others go on", async () => {
  const script = `git init -q sub; touch "$CHANT_HOME/../ready"; while :; do sleep 0.1; done`;
  await using repo = await tempProject({
    specs: { [A]: { title: "One", script }, [B]: { title: "Two", script: goodScript("two.txt") } },
  });
  const work = startChant(repo, ["work", A]);
  await eventually("its agent works", [repo.root], () => repo.has("../ready"));
  expect((await chant(repo, ["cancel", A])).status).toBe(1);
  await work.ended;
  const { status, stdout, stderr } = await chant(repo, ["work", B]);
  expect({ status, isNamed: (stdout + stderr).includes("sub") }).toEqual({ status: 75, isNamed: true });
  expect(await statusOn(repo, B)).toBe("completed");
  await rm(`${repo.worktrees}/chant-${A}/sub`, { recursive: true });
  await chantOk(repo, ["work"]);
  expect(await statusOn(repo, A)).toBe("cancelled");
  await expectNoTraces(repo);
});

test("a landing that was cut off among its files, then a switch of the branch: nothing of it stays there", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "One", script: goodScript("one.txt") } } });
  // The first time it is the spec file that starts.
  await chant(repo, ["work", A], { env: { CHANT_FAIL: "publish.files:after:kill", CHANT_FAIL_SKIP: "1" } });
  expect(repo.has("one.txt")).toBe(true);
  await rm(join(repo.path, ".git", "index.lock"), { force: true });
  await repo.git("switch", "-q", "-c", "other");
  await chant(repo, ["work"]);
  expect(await repo.status()).toBe("");
  expect(repo.has("one.txt")).toBe(false);
  expect(await statusOn(repo, A)).toBe("completed");
  await repo.git("switch", "-q", "main");
  expect(await repo.read("one.txt")).toBe("done\n");
  await expectNoTraces(repo);
});

test("git configuration that one agent wrote is not trusted by the next run, nor by reset", async () => {
  const script = `git config filter.evil.smudge "touch $CHANT_HOME/../owned; cat"
git config filter.evil.clean "touch $CHANT_HOME/../owned; cat"\nexit 1`;
  await using repo = await tempProject({
    files: { ".gitattributes": "*.txt filter=evil\n", "a.txt": "a\n" },
    specs: { [A]: { title: "One", script }, [B]: { title: "Two", script: goodScript("two.txt") } },
  });
  expect((await chant(repo, ["work", A])).status).toBe(1);
  const tip = await repo.git("rev-parse", "main");
  const second = await chant(repo, ["work", B]);
  expect(second.stdout + second.stderr).toContain("filter.evil");
  const reset = await chant(repo, ["reset", A]);
  expect({ status: reset.status, isNamed: reset.stderr.includes("trust git-config") }).toEqual({
    status: 75,
    isNamed: true,
  });
  expect(await repo.git("rev-parse", "main")).toBe(tip);
  expect(repo.has("../owned")).toBe(false);
  await repo.git("config", "--remove-section", "filter.evil");
  await chantOk(repo, ["reset", A]);
  await chantOk(repo, ["work", B]);
  expect(repo.has("../owned")).toBe(false);
  await expectNoTraces(repo);
});

test("the branch of a run that is over stays where the user has it checked out", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "One", script: "echo x >x; exit 1" } } });
  expect((await chant(repo, ["work", A])).status).toBe(1);
  const theirs = `${repo.root}/theirs`;
  await repo.git("worktree", "add", "-q", "--force", theirs, `chant/${A}`);
  const { status, stderr } = await chant(repo, ["cancel", A]);
  expect({ status, isNamed: stderr.includes(theirs) }).toEqual({ status: 0, isNamed: true });
  expect(await repo.gitIn(theirs, "rev-parse", "--abbrev-ref", "HEAD")).toBe(`chant/${A}`);
  expect(await repo.gitIn(theirs, "status", "--porcelain")).toBe("");
});
