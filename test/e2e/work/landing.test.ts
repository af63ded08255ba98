import { expect, test } from "vitest";
import { chant, chantOk } from "../../kit/chant.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-abc";
const B = "2026-01-01-002-abc";

test("the target's history reads as a story, and the agent's commits keep author and message", async () => {
  const script = [
    "echo 1 >one.txt; git add -A",
    'git -c user.name="An Agent" -c user.email=agent@example.com commit -q -m "feat: one" -m "Why it is so."',
    "chant tick --all; git commit -q -a -m tick",
  ].join("\n");
  await using repo = await tempProject({ specs: { [A]: { title: "Make one", script } } });
  await chantOk(repo, ["work", A]);
  const story = await repo.git("log", "--first-parent", "--reverse", "--format=%s");
  expect(story).toBe(`First commit\nStart ${A}: Make one\nLand ${A}: Make one`);
  const agent = await repo.git("log", "--format=%an <%ae>%n%s%n%b", "--grep", "^feat: one", "-1");
  expect(agent).toBe("An Agent <agent@example.com>\nfeat: one\nWhy it is so.\n");
  const finalize = await repo.git("log", "--format=%B", "--grep", "^Chant-Run:", "-1");
  expect(finalize).toMatch(
    new RegExp(`^chant\\(${A}\\): Make one\\n\\nChant-Spec: ${A}\\nChant-Run: [0-9a-f]+`),
  );
});

test("`git pull --rebase` after a landing keeps the spec completed", async () => {
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
  await chantOk(repo, ["work", A]);
  await repo.git("pull", "-q", "--rebase");
  expect(await statusOn(repo, A)).toBe("completed");
  expect(await repo.read("one.txt")).toBe("done\n");
  expect((await landings(repo)).get(A)).toBe(1);
});

test("a branch that a person merged by hand gets its finalize commit, and lands once", async () => {
  const script = `${goodScript("one.txt")}\ngit -C "$CHANT_HOME" merge -q --no-ff -m "By hand" "$CHANT_BRANCH"`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
  await chantOk(repo, ["work", A]);
  expect(await statusOn(repo, A)).toBe("completed");
  expect((await landings(repo)).get(A)).toBe(1);
  await expectNoTraces(repo);
});

const edit = (word: string): string =>
  [`echo ${word} >shared.txt`, "chant tick --all", "git add -A", `git commit -q -m ${word}`].join("\n");

test("two that change the same line: one lands, the other needs attention with the file named", async () => {
  await using repo = await tempProject({
    files: { "shared.txt": "start\n" },
    specs: { [A]: { title: "A", script: edit("a") }, [B]: { title: "B", script: `sleep 0.3\n${edit("b")}` } },
  });
  const { status } = await chant(repo, ["work", "--parallel=2"]);
  expect(status).toBe(1);
  expect(await statusOn(repo, A)).toBe("completed");
  expect(await statusOn(repo, B)).toBe("needs_attention");
  expect(await repo.read(`.chant/specs/${B}.md`)).toContain("shared.txt");
  expect(await repo.status()).toBe("");
  // Branch and worktree are as the agent left them.
  expect(await repo.git("log", "-1", "--format=%s", `chant/${B}`)).toBe("b");
  expect(await repo.gitIn(`${repo.worktrees}/chant-${B}`, "status", "--porcelain")).toBe("");
  expect(await chantOk(repo, ["why", B])).toContain("shared.txt");
});

test("both sides add to the same spec's front matter and prose: they merge field by field", async () => {
  const script = `sed -i 's/^type: code/type: code\\npriority: 3/' "$CHANT_HOME/.chant/specs/${A}.md"
git -C "$CHANT_HOME" commit -q -a -m "User sets a priority"
sed -i 's/^labels:/labels:\\n  - agent/' "$CHANT_SPEC_FILE"
${goodScript("one.txt")}`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script, labels: ["first"] } } });
  await chantOk(repo, ["work", A]);
  const text = await repo.read(`.chant/specs/${A}.md`);
  expect(text).toContain("priority: 3");
  expect(text).toContain("- agent");
  expect(text).toContain("- first");
  expect(text).toContain("status: completed");
  await expectNoTraces(repo);
});

for (const [name, before] of [
  ["another branch", "git switch -q -c elsewhere/else"],
  ["a detached HEAD", "git switch -q --detach"],
] as const) {
  test(`an agent that left its worktree on ${name}: its commits land`, async () => {
    await using repo = await tempProject({
      specs: { [A]: { title: "One", script: `${before}\n${goodScript("one.txt")}` } },
    });
    await chantOk(repo, ["work", A]);
    expect(await repo.read("one.txt")).toBe("done\n");
    expect(await statusOn(repo, A)).toBe("completed");
  });
}

test("an agent whose HEAD does not descend from the start needs attention, and its commit is kept", async () => {
  const script = `git checkout -q --orphan new\n${goodScript("one.txt")}`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
  expect((await chant(repo, ["work", A])).status).toBe(1);
  expect(await statusOn(repo, A)).toBe("needs_attention");
  expect(await repo.git("for-each-ref", "refs/chant/snapshots/")).not.toBe("");
});

for (const [name, script] of [
  ["a nested repository", "git init -q inner && cd inner && git commit -q --allow-empty -m inner && cd .."],
  [
    "a nested repository that was committed",
    `git init -q inner && git -C inner commit -q --allow-empty -m inner; ${goodScript("two.txt")}`,
  ],
  ["a nested repository without a commit", "git init -q inner && echo x >inner/x"],
  ["a stash", "echo stashed >README.md && git stash -q"],
] as const) {
  test(`${name} left by the agent needs attention, and nothing lands`, async () => {
    await using repo = await tempProject({
      specs: { [A]: { title: "One", script: `${goodScript("one.txt")}\n${script}` } },
      files: { "README.md": "# x\n" },
    });
    expect((await chant(repo, ["work", A])).status).toBe(1);
    expect(await statusOn(repo, A)).toBe("needs_attention");
    expect(await landings(repo)).toEqual(new Map());
    expect(await repo.status()).toBe("");
  });
}

test("a stash that the user makes in home meanwhile is no fault of the run", async () => {
  const script = `cd "$CHANT_HOME" && echo mine >README.md && git stash -q && cd "$CHANT_WORKTREE"\n${goodScript("one.txt")}`;
  await using repo = await tempProject({
    specs: { [A]: { title: "One", script } },
    files: { "README.md": "# x\n" },
  });
  await chantOk(repo, ["work", A]);
  expect(await statusOn(repo, A)).toBe("completed");
  expect(await repo.git("stash", "list")).toContain("WIP on main");
});

test("an edit in the way makes the landing wait, by name; without it, work lands it", async () => {
  const script = `echo mine >"$CHANT_HOME/one.txt"\n${goodScript("one.txt")}`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
  const first = await chant(repo, ["work", A]);
  expect(first.status).toBe(75);
  expect(first.stdout + first.stderr).toContain("one.txt");
  expect(await repo.read("one.txt")).toBe("mine\n");
  expect(await chantOk(repo, ["why", A])).toContain("one.txt");
  await repo.git("clean", "-q", "-f", "one.txt");
  await chantOk(repo, ["work"]);
  expect(await repo.read("one.txt")).toBe("done\n");
  expect(await statusOn(repo, A)).toBe("completed");
  await expectNoTraces(repo);
});

test("an edit in the way of one landing does not hold up the others", async () => {
  await using repo = await tempProject({
    specs: {
      [A]: { title: "A", script: `echo mine >"$CHANT_HOME/a.txt"\n${goodScript("a.txt")}` },
      [B]: { title: "B", script: goodScript("b.txt") },
    },
  });
  expect((await chant(repo, ["work", "--parallel=2"])).status).toBe(75);
  expect(await statusOn(repo, B)).toBe("completed");
  expect(await statusOn(repo, A)).toBe("in_progress");
  expect(await repo.status()).toBe("?? a.txt");
  await repo.git("clean", "-q", "-f");
  await chantOk(repo, ["work"]);
  await expectNoTraces(repo);
});

test("a merge in progress in home: agents work, the landing waits and says so", async () => {
  const script = `git -C "$CHANT_HOME" update-ref MERGE_HEAD HEAD\n${goodScript("one.txt")}`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
  const { status, stdout, stderr } = await chant(repo, ["work", A], { limitMs: 50_000 });
  expect(status).toBe(75);
  expect(stdout + stderr).toContain("merge is in progress");
  await repo.git("update-ref", "-d", "MERGE_HEAD");
  await chantOk(repo, ["work"]);
  await expectNoTraces(repo);
});

test("git configuration that can run code, set by an agent, holds the landing until the user has looked", async () => {
  const script = `git config filter.evil.smudge "touch $CHANT_HOME/../owned; cat"
echo '* filter=evil' >.gitattributes
${goodScript("one.txt")}`;
  await using repo = await tempProject({
    specs: { [A]: { title: "One", script, front: "target_files: [.gitattributes]\n" } },
  });
  const { status } = await chant(repo, ["work", A], { limitMs: 50_000 });
  expect(status).toBe(75);
  expect(await chantOk(repo, ["why", A])).toContain("filter.evil.smudge");
  expect(repo.has("../owned")).toBe(false);
  await repo.git("config", "--remove-section", "filter.evil");
  await chantOk(repo, ["work"]);
  expect(repo.has("../owned")).toBe(false);
  await expectNoTraces(repo);
});

test("git configuration that the user accepts lands", async () => {
  const script = `git config merge.mine.driver true\n${goodScript("one.txt")}`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
  expect((await chant(repo, ["work", A])).status).toBe(75);
  const shown = await chant(repo, ["trust", "git-config"]);
  expect(shown.status).toBe(1);
  expect(shown.stdout).toContain("merge.mine.driver");
  await chantOk(repo, ["trust", "git-config", "--yes"]);
  await chantOk(repo, ["work"]);
  await expectNoTraces(repo);
  expect(await statusOn(repo, A)).toBe("completed");
});

test("hooks of the repository do not run for chant's own commits", async () => {
  await using repo = await tempProject({
    specs: {
      [A]: { title: "One", script: goodScript("one.txt").replace("git commit", "git commit --no-verify") },
    },
  });
  for (const hook of [
    "pre-commit",
    "commit-msg",
    "post-commit",
    "post-checkout",
    "post-merge",
    "reference-transaction",
  ]) {
    const isQuiet = hook === "post-checkout" || hook === "reference-transaction" || hook === "post-commit";
    await repo.write({
      [`.git/hooks/${hook}`]: `#!/bin/sh\n[ -n "$CHANT_SPEC_ID" ] || echo ${hook} >>"${repo.root}/hooks.log"\n${isQuiet ? "" : "exit 1\n"}`,
    });
    await repo.git("config", "--local", "core.hooksPath", `${repo.path}/.git/hooks`);
  }
  const { chmod } = await import("node:fs/promises");
  for (const hook of [
    "pre-commit",
    "commit-msg",
    "post-commit",
    "post-checkout",
    "post-merge",
    "reference-transaction",
  ]) {
    await chmod(`${repo.path}/.git/hooks/${hook}`, 0o755);
  }
  await chantOk(repo, ["work", A]);
  expect(repo.has("../hooks.log")).toBe(false);
});

test("a user's worktree whose disk is away is left as it is", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "One", script: goodScript("one.txt") } } });
  const theirs = `${repo.root}/theirs`;
  await repo.git("worktree", "add", "-q", "-b", "theirs", theirs);
  await repo.gitIn(theirs, "commit", "-q", "--allow-empty", "-m", "Theirs");
  const { rename } = await import("node:fs/promises");
  await rename(theirs, `${theirs}-away`);
  await chantOk(repo, ["work", A]);
  await rename(`${theirs}-away`, theirs);
  expect(await repo.gitIn(theirs, "status", "--porcelain")).toBe("");
  expect(await repo.gitIn(theirs, "symbolic-ref", "--short", "HEAD")).toBe("theirs");
});

test("a failed spec holds only its dependents back, and the summary says which", async () => {
  const C = "2026-01-01-003-abc";
  await using repo = await tempProject({
    specs: {
      [A]: { title: "A", script: "exit 1" },
      [B]: { title: "B", script: goodScript("b.txt"), dependsOn: [A] },
      [C]: { title: "C", script: goodScript("c.txt") },
    },
  });
  const { status, stdout, stderr } = await chant(repo, ["work", "--parallel=2"]);
  expect(status).toBe(1);
  expect(stdout + stderr).toContain(B);
  expect(await statusOn(repo, C)).toBe("completed");
  expect(await statusOn(repo, B)).toBe("pending");
});

test("a spec that is named and was under way already is not called unstarted once it has landed", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "One", script: goodScript("one.txt") } } });
  await chantOk(repo, ["work", "--no-wait", A]);
  const { status, stdout } = await chant(repo, ["work", A]);
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^1 spec landed in/) as string,
  });
  expect(await statusOn(repo, A)).toBe("completed");
});
