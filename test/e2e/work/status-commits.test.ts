import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk } from "../../kit/chant.ts";
import { goodScript, specText, tempProject, writeSpec } from "../../kit/spec.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const ID = "2026-01-01-001-abc";
const PATH = `.chant/specs/${ID}.md`;
const draft = { title: "One", script: goodScript("one.txt") };

test("an untracked spec starts as it stands on disk, and its file is tracked afterwards", async () => {
  await using repo = await tempProject();
  await writeSpec(repo, ID, draft);
  await chantOk(repo, ["work", ID]);
  await expectNoTraces(repo);
  expect(await statusOn(repo, ID)).toBe("completed");
  expect(await repo.git("ls-files", PATH)).toBe(PATH);
});

test("a staged spec starts, and what is staged beside it stays staged", async () => {
  await using repo = await tempProject();
  await writeSpec(repo, ID, draft);
  await repo.write({ "mine.txt": "staged\n" });
  await repo.git("add", "--all");
  await chantOk(repo, ["work", ID]);
  expect(await repo.status()).toBe("A  mine.txt");
  expect(await statusOn(repo, ID)).toBe("completed");
});

test("a staged version that differs from the file is kept in a snapshot", async () => {
  await using repo = await tempProject();
  await writeSpec(repo, ID, { ...draft, body: "Only staged." });
  await repo.git("add", PATH);
  await writeSpec(repo, ID, { ...draft, body: "On disk." });
  await chantOk(repo, ["work", ID]);
  await expectNoTraces(repo);
  const refs = await repo.git("for-each-ref", "--format=%(refname)", "refs/chant/snapshots/");
  expect(refs.split("\n")).toHaveLength(1);
  expect(await repo.git("show", `${refs}:${PATH}`)).toContain("Only staged.");
  expect(await repo.git("show", `main:${PATH}`)).toContain("On disk.");
});

test("a modified spec starts with its modification, and the user's other changes are not committed", async () => {
  await using repo = await tempProject({ specs: { [ID]: draft }, files: { "other.txt": "1\n" } });
  await writeSpec(repo, ID, { ...draft, body: "Said later." });
  await repo.write({ "other.txt": "mine\n", "new.txt": "mine\n" });
  await chantOk(repo, ["work", ID]);
  expect(await repo.status()).toBe(" M other.txt\n?? new.txt");
  const start = await repo.git("log", "--format=%H", "--grep", "^Start", "-1");
  expect(await repo.git("show", "--format=", "--name-only", start)).toBe(PATH);
  expect(await repo.git("show", `${start}:${PATH}`)).toContain("Said later.");
});

test("after chant's commits the user's next commit does not take a spec back", async () => {
  await using repo = await tempProject({ specs: { [ID]: draft } });
  await chantOk(repo, ["work", ID]);
  await repo.write({ "x.txt": "x\n" });
  await repo.git("add", "x.txt");
  await repo.git("commit", "-q", "-m", "Mine");
  expect(await statusOn(repo, ID)).toBe("completed");
  expect(await repo.git("show", "--format=", "--name-only", "HEAD")).toBe("x.txt");
});

test("specs that start together share one commit", async () => {
  const specs = Object.fromEntries(
    [1, 2, 3].map((n) => [`2026-01-01-00${n}-abc`, { title: `S${n}`, script: goodScript(`f${n}`) }]),
  );
  await using repo = await tempProject({ specs });
  await chantOk(repo, ["work", "--parallel=3"]);
  const starts = await repo.git("log", "--first-parent", "--format=%s", "--grep", "^Start");
  expect(starts).toBe("Start 3 specs");
});

test("unknown keys, comments, order and body of a spec come through byte for byte", async () => {
  await using repo = await tempProject();
  const text = specText(draft)
    .replace("status: pending", "owner: me # a person\nstatus: pending   # for now\nzeta: {a: 1,  b: [2]}")
    .replace("# One", "# One\n\nSome   prose with trailing space \n\ttabs, ünïcode and no end");
  await repo.write({ [PATH]: text });
  await chantOk(repo, ["work", ID]);
  const now = await repo.read(PATH);
  const added = /^(completed_at|agent|commits|- [0-9a-f]{40}|  - [0-9a-f]{40}).*\n/gm;
  expect(
    now.replaceAll(added, "").replace("status: completed", "status: pending").replaceAll("[x]", "[ ]"),
  ).toBe(text);
});

test("a member's start carries its group, so that the driver waits for all of its members", async () => {
  await using repo = await tempProject();
  await writeSpec(repo, ID, { title: "Driver", criteria: [] });
  for (const n of [1, 2]) {
    await writeSpec(repo, `${ID}.${n}`, { title: `Member ${n}`, script: goodScript(`m${n}`) });
  }
  await chantOk(repo, ["work", `${ID}.1`]);
  expect(await statusOn(repo, `${ID}.1`)).toBe("completed");
  expect(await statusOn(repo, `${ID}.2`)).toBe("pending");
  expect(await statusOn(repo, ID)).toBe("pending");
  await chantOk(repo, ["work", ID]);
  expect(await statusOn(repo, ID)).toBe("completed");
  expect(await repo.read(PATH)).toContain("auto_completed: true");
  await expectNoTraces(repo);
});

test("home on another branch: the run lands on its target, and home is not touched", async () => {
  const script = `git -C "$CHANT_HOME" switch -q -c elsewhere\n${goodScript("one.txt")}`;
  await using repo = await tempProject({ specs: { [ID]: { title: "One", script } } });
  await chantOk(repo, ["work", ID]);
  expect(await repo.git("symbolic-ref", "--short", "HEAD")).toBe("elsewhere");
  expect(await statusOn(repo, ID, "main")).toBe("completed");
  expect(await statusOn(repo, ID, "elsewhere")).toBe("in_progress");
  expect(repo.has("one.txt")).toBe(false);
  expect(await repo.status()).toBe("");
  await repo.git("switch", "-q", "main");
  await repo.git("branch", "-D", "elsewhere");
  await expectNoTraces(repo);
});

test("a detached HEAD is refused with a hint, and nothing is changed", async () => {
  await using repo = await tempProject({ specs: { [ID]: draft } });
  await repo.git("switch", "-q", "--detach");
  const before = await repo.git("rev-parse", "HEAD");
  const { status, stderr } = await chant(repo, ["work", ID]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/not on a branch[^]*hint: .*git switch/);
  expect(await repo.git("rev-parse", "HEAD")).toBe(before);
  await expectNoTraces(repo);
});

test("a spec that the user removed from home while it ran lands, and stays removed as their change", async () => {
  const script = `rm "$CHANT_HOME/${PATH}"\n${goodScript("one.txt")}`;
  await using repo = await tempProject({ specs: { [ID]: { title: "One", script } } });
  await chantOk(repo, ["work", ID]);
  expect(await statusOn(repo, ID)).toBe("completed");
  expect(await repo.status()).toBe(` D ${PATH}`);
});

test("prose that the user is editing in the running spec stays an edit", async () => {
  const script = `sed -i 's/^# One$/# One, said better/' "$CHANT_HOME/${PATH}"\n${goodScript("one.txt")}`;
  await using repo = await tempProject({ specs: { [ID]: { title: "One", script } } });
  await chantOk(repo, ["work", ID]);
  expect(await statusOn(repo, ID)).toBe("completed");
  expect(await repo.git("show", `main:${PATH}`)).toContain("# One\n");
  const disk = await repo.read(PATH);
  expect(disk).toContain("# One, said better\n");
  expect(disk).toContain("status: completed");
  expect(await repo.status()).toBe(` M ${PATH}`);
});

test("a failed spec says so on the target, its work stays, and chant ticks nothing for it", async () => {
  const script = "echo half >half.txt\ngit add -A\ngit commit -q -m half";
  await using repo = await tempProject({
    specs: { [ID]: { title: "One", script, criteria: ["First", "Second"] } },
  });
  const { status, stdout, stderr } = await chant(repo, ["work", ID]);
  expect(status).toBe(1);
  expect(stdout + stderr).toContain("First");
  expect(await statusOn(repo, ID)).toBe("failed");
  expect(await repo.read(PATH)).toMatch(/attention:\n {2}reason: .*not ticked/);
  expect(await repo.read(PATH)).toContain("- [ ] First");
  expect(await repo.status()).toBe("");
  expect(await repo.git("log", "-1", "--format=%s", `chant/${ID}`)).toBe("half");
  expect(await landings(repo)).toEqual(new Map());
  expect(await repo.git("ls-files", "half.txt")).toBe("");
  await rm(join(repo.worktrees, `chant-${ID}`), { recursive: true });
});

for (const [name, script, reason] of [
  ["does nothing", "true", /no commit|not ticked/],
  ["ticks but does not commit anything with auto_commit off", "chant tick --all", /uncommitted|no commit/],
  ["ends with an error", `${goodScript("x")}\nexit 3`, /exited with code 3/],
] as const) {
  test(`an agent that ${name} is failed with that reason`, async () => {
    const config = "";
    await using repo = await tempProject({ specs: { [ID]: { title: "One", script } }, config });
    if (name.includes("auto_commit")) {
      const text = await repo.read(".chant/config.md");
      await repo.write({
        ".chant/config.md": text.replace("agent: test", "agent: test, auto_commit: false"),
      });
      await repo.commitAll("No auto-commit");
    }
    expect((await chant(repo, ["work", ID])).status).toBe(1);
    expect(await statusOn(repo, ID)).toBe("failed");
    expect(await repo.read(PATH)).toMatch(reason);
  });
}

test("what the agent left uncommitted is committed for it", async () => {
  await using repo = await tempProject({
    specs: { [ID]: { title: "One", script: "echo x >left.txt\nchant tick --all" } },
  });
  await chantOk(repo, ["work", ID]);
  await expectNoTraces(repo);
  expect(await repo.read("left.txt")).toBe("x\n");
  expect(await repo.git("log", "--format=%s", "-1", "--", "left.txt")).toContain("left uncommitted");
});

test("a broken spec named to work gets a sentence with line and column", async () => {
  await using repo = await tempProject();
  await repo.write({ [PATH]: "---\nstatus: pending\nlabels: [a\n---\n# One\n" });
  const { status, stderr } = await chant(repo, ["work", ID]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/line \d+, column \d+/);
});
