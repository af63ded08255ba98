import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk } from "../../kit/chant.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";

const edit = (word: string): string =>
  `sed "s/^Word: .*/Word: ${word}/" README.md >new\nmv new README.md\nchant tick --all`;

test("a run that failed only because its agent exited with 1 lands by a person's word", async () => {
  const script = `${goodScript("a.txt")}\nexit 1`;
  await using repo = await tempProject({ specs: { [A]: { title: "A", script } } });
  expect(await chant(repo, ["work"])).toMatchObject({ status: 1 });
  expect(await chant(repo, ["finalize", "aaa"])).toMatchObject({ status: 0, stdout: `${A} has landed.\n` });
  await expectNoTraces(repo);
  expect(await statusOn(repo, A)).toBe("completed");
  expect(await repo.read("a.txt")).toBe("done\n");
  expect(await repo.git("log", "--format=%b")).not.toContain("Forced-by");
});

test("open criteria are named; with --force it lands, and the commit says who decided", async () => {
  const script = "echo x >a.txt\ngit add a.txt\ngit commit -q -m x";
  await using repo = await tempProject({
    specs: { [A]: { title: "A", script, criteria: ["It is pretty"] } },
  });
  await chant(repo, ["work"]);
  const open = await chant(repo, ["finalize", "aaa"]);
  expect(open.status).toBe(1);
  expect(open.stdout).toContain("It is pretty");
  expect(await statusOn(repo, A)).toBe("failed");
  expect(await chantJson(repo, ["finalize", "aaa", "--force"])).toEqual({ id: A, kind: "landed" });
  await expectNoTraces(repo);
  const forced = await repo.git("log", "--format=%(trailers:key=Forced-by,valueonly)");
  expect(forced.trim()).toBe("Test User <test@example.com>");
  expect((await landings(repo)).get(A)).toBe(1);
});

test("a conflict that a person solved in the worktree lands with merge", async () => {
  const after = "while ! git cat-file -e main:first.txt 2>/dev/null; do sleep 0.02; done";
  await using repo = await tempProject({
    files: { "README.md": "Word: none\n" },
    specs: {
      [A]: { title: "A", script: `echo x >first.txt\n${edit("one")}` },
      [B]: { title: "B", script: `${after}\n${edit("two")}` },
    },
  });
  expect(await chant(repo, ["work", "--parallel=2"])).toMatchObject({ status: 1 });
  expect(await statusOn(repo, B)).toBe("needs_attention");
  const { run } = await chantJson<{ run: { worktree: string } }>(repo, ["show", "bbb"]);

  // Not mended yet: the same conflict again, and nothing is merged.
  const early = await chant(repo, ["merge", "bbb"]);
  expect(early).toMatchObject({ status: 1, stdout: expect.stringContaining("README.md") as string });

  await expect(repo.gitIn(run.worktree, "merge", "main")).rejects.toThrow();
  await repo.write({
    [join("..", "worktrees", run.worktree.split("/").at(-1) ?? "", "README.md")]: "Word: one and two\n",
  });
  await repo.gitIn(run.worktree, "add", "README.md");
  await repo.gitIn(run.worktree, "commit", "-q", "-m", "Solved by hand");
  expect(await chant(repo, ["merge", "bbb"])).toMatchObject({ status: 0, stdout: `${B} has landed.\n` });
  await expectNoTraces(repo);
  expect(await repo.read("README.md")).toBe("Word: one and two\n");
  expect((await landings(repo)).get(B)).toBe(1);
});

test("merge --all lands what waited for the user's edits, and says when there is nothing", async () => {
  await using repo = await tempProject({
    files: { "a.txt": "before\n" },
    specs: { [A]: { title: "A", script: goodScript("a.txt") } },
  });
  await repo.write({ "a.txt": "mine\n" });
  expect(await chant(repo, ["work"])).toMatchObject({ status: 75 });
  const held = await chant(repo, ["merge", "--all"]);
  expect(held).toMatchObject({
    status: 75,
    stdout: `${A} is done, and its landing waits: local changes (a.txt).\n`,
  });
  await repo.git("checkout", "-q", "a.txt");
  expect(await chant(repo, ["merge", "--all"])).toMatchObject({ status: 0, stdout: `${A} has landed.\n` });
  expect(await chant(repo, ["merge", "--all"])).toMatchObject({
    status: 0,
    stdout: "",
    stderr: "Nothing waits to land.\n",
  });
  expect(await chant(repo, ["merge"])).toMatchObject({ status: 2, stdout: "" });
  expect(await chant(repo, ["merge", "aaa"])).toMatchObject({ status: 1, stdout: "" });
  await expectNoTraces(repo);
});

test("start is for work of one's own: --here, tick, and finalize completes it without a merge", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "A" } } });
  const plain = await chant(repo, ["start", "aaa"]);
  expect(plain).toMatchObject({ status: 2, stdout: "" });
  expect(plain.stderr).toContain("hint: Give it to an agent: chant work aaa\n");
  expect(await chant(repo, ["start", "aaa", "--here"])).toMatchObject({ status: 0 });
  expect(await statusOn(repo, A)).toBe("in_progress");
  expect(await repo.branches()).toEqual(["main"]);
  const open = await chant(repo, ["finalize", "aaa"]);
  expect(open).toMatchObject({ status: 1, stdout: "" });
  expect(open.stderr).toContain("chant tick");
  await chantOk(repo, ["tick", "aaa", "1"]);
  await repo.write({ "mine.txt": "by hand\n" });
  await repo.commitAll("By hand");
  expect(await chant(repo, ["finalize", "aaa"])).toMatchObject({
    status: 0,
    stdout: `${A} is completed; there was no branch to merge.\n`,
  });
  expect(await statusOn(repo, A)).toBe("completed");
  expect(await chant(repo, ["start", "aaa", "--here"])).toMatchObject({ status: 1, stdout: "" });
  await expectNoTraces(repo);
});
