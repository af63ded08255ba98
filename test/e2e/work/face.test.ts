import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, type SpecDraft, tempProject } from "../../kit/spec.ts";
import { expectNoTraces } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const GO = "while [ ! -e $CHANT_HOME/../go ]; do sleep 0.02; done";
const waiting: SpecDraft = { title: "Waits", script: `${GO}\n${goodScript("a.txt")}` };

test("off a terminal: one line an event on standard error, the summary on standard output", async () => {
  await using repo = await tempProject({
    specs: { [A]: { script: goodScript("a.txt") }, [B]: { title: "Does nothing", script: "true" } },
  });
  const { status, stdout, stderr } = await chant(repo, ["work"]);
  expect(status).toBe(1);
  expect(stdout.replace(/in [\d.]+m?s/, "in TIME")).toMatchInlineSnapshot(`
    "1 spec landed, 1 failed in TIME.

    Failed:
      2026-01-01-002-bbb: criterion 1 of 1 is not ticked: "It works"; the agent made no commit
        $ chant log 2026-01-01-002-bbb
    "
  `);
  expect(stderr).toContain(`${A} merged to main ✓\n`);
  expect(stderr).not.toContain("\u001b");
});

test("nothing to do is done", async () => {
  await using repo = await tempProject();
  expect(await chant(repo, ["work", "--parallel"])).toMatchObject({ status: 0, stderr: "" });
});

test("--json prints one event a line and the result last, on a pure standard output", async () => {
  await using repo = await tempProject({ specs: { [A]: { script: goodScript("a.txt") } } });
  const { status, stdout, stderr } = await chant(repo, ["work", "--json"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const lines = stdout.trimEnd().split("\n");
  const objects = lines.map(
    (line) => JSON.parse(line) as { version: number; data: { kind: string; landed?: unknown } },
  );
  expect(objects.every(({ version }) => version === 1)).toBe(true);
  expect(objects.map(({ data }) => data.kind)).toContain("landed");
  expect(objects.at(-1)?.data).toMatchObject({ kind: "result", landed: [A], exitStatus: 0 });
});

test("the first Ctrl-C leaves in order: the agent goes on, and the next work lands it", async () => {
  await using repo = await tempProject({ specs: { [A]: waiting } });
  const work = startChant(repo, ["work"]);
  await eventually("its agent works", [], async () =>
    (await chantOk(repo, ["why", "aaa"])).includes("agent is alive"),
  );
  work.kill("SIGINT");
  const left = await work.ended;
  expect(left.status).toBe(130);
  expect(left.stderr).toContain("Leaving: the agents go on. Carry on with them: chant work");
  expect(left.stdout).toContain(`Still under way:\n  ${A}\n`);

  expect(await chantOk(repo, ["list"])).toMatch(/working/);
  const why = await chantJson<{ reasons: string[]; next: string[] }>(repo, ["why", "aaa"]);
  expect(why.reasons.join(" ")).toContain("nothing lands until somebody takes over");
  expect(why.next[0]).toBe(`chant work ${A}`);
  await repo.write({ "../go": "" });
  expect(await chant(repo, ["work"])).toMatchObject({ status: 0 });
  await expectNoTraces(repo);
});

test("SIGTERM leaves as well, with a status of its own", async () => {
  await using repo = await tempProject({ specs: { [A]: waiting } });
  const work = startChant(repo, ["work"]);
  await work.printed((_, stderr) => stderr.includes("has its worktree"));
  work.kill("SIGTERM");
  expect((await work.ended).status).toBe(143);
  await repo.write({ "../go": "" });
  await chantOk(repo, ["work"]);
});

test("a run whose processes are gone is interrupted, never working; work takes it up again", async () => {
  await using repo = await tempProject({ specs: { [A]: waiting } });
  const work = startChant(repo, ["work"]);
  await eventually("its agent works", [], async () =>
    (await chantOk(repo, ["why", "aaa"])).includes("agent is alive"),
  );
  for (const { pid } of repo.processes()) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It was a child of one that has ended.
    }
  }
  await work.ended;
  await repo.quiet();
  expect(await chantOk(repo, ["list"])).toMatch(/interrupted +0\/1 +Waits/);
  expect(await chantOk(repo, ["why", "aaa"])).toContain("Nothing is lost");
  await repo.write({ "../go": "" });
  await chantOk(repo, ["work"]);
  await expectNoTraces(repo);
});

test("--detach returns at once with a pid, and the rest happens in the background", async () => {
  await using repo = await tempProject({ specs: { [A]: waiting } });
  const { status, stdout, stderr } = await chant(repo, ["work", "--parallel", "--detach"]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^\d+\n$/);
  const log = join(repo.path, ".chant", "logs", "work.log");
  expect(stderr).toContain(`tail -f ${log}`);
  await repo.write({ "../go": "" });
  const line = /^\d\d:\d\d:\d\d 2026-01-01-001-aaa merged to main ✓$/m;
  await eventually("it has landed", [join(repo.path, ".chant", "logs")], async () =>
    line.test(await repo.read(".chant/logs/work.log")),
  );
  await repo.quiet();
  await expectNoTraces(repo);
  expect(await chant(repo, ["work", "zzz", "--detach"])).toMatchObject({ status: 1, stdout: "" });
});

test("inside a worktree chant means the home that the run came from", async () => {
  const script = `chant list >../../listed\nchant tick --all\nchant show aaa >../../shown\necho x >a.txt`;
  await using repo = await tempProject({ specs: { [A]: { title: "Looks around", script } } });
  await chantOk(repo, ["work"]);
  expect(await repo.read("../listed")).toMatch(/001-aaa +working +0\/1 +Looks around/);
  expect(await repo.read("../shown")).toContain("1. [x] It works");
  expect(await repo.read("../shown")).toMatch(/^file: +.chant\/specs\/2026-01-01-001-aaa.md$/m);
});

test("flags that contradict each other start nothing", async () => {
  await using repo = await tempProject({ specs: { [A]: waiting } });
  expect(await chant(repo, ["work", "--chain", "--max", "2"])).toMatchObject({ status: 2, stdout: "" });
  expect(await chant(repo, ["work", "zzz"])).toMatchObject({ status: 1, stdout: "" });
  expect(await chant(repo, ["work", "--agent", "none"])).toMatchObject({ status: 1, stdout: "" });
  await expectNoTraces(repo);
});
