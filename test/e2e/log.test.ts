import { expect, test } from "vitest";
import { chant, chantJson, chantOk, startChant } from "../kit/chant.ts";
import { eventually } from "../kit/eventually.ts";
import { tempProject } from "../kit/spec.ts";

const A = "2026-01-01-001-aaa";
const GO = "while [ ! -e $CHANT_HOME/../go ]; do sleep 0.02; done";

test("log prints what an agent has printed, with the time of day", async () => {
  await using repo = await tempProject({
    specs: {
      [A]: { title: "Talks", script: "echo hello\necho again >&2\nprintf 'no end'\nchant tick --all" },
    },
  });
  const early = await chant(repo, ["log", "aaa"]);
  expect(early).toMatchObject({ status: 1, stdout: "" });
  expect(early.stderr).toBe(
    `${A} has no log: no agent has worked on it yet.\nhint: Give it to one: chant work ${A}\n`,
  );

  await chantOk(repo, ["work"]);
  const printed = await chantOk(repo, ["log", "aaa"]);
  const lines = printed.split("\n").map((line) => line.replace(/^\[\d\d:\d\d:\d\d\] /, ""));
  expect(lines).toContain("hello");
  expect(lines).toContain("again");
  expect(lines.find((line) => line.startsWith("no end"))).toBeDefined();
  expect(await chantOk(repo, ["log", "aaa", "-f"])).toBe(printed);
  const data = await chantJson<{ id: string; lines: string[] }>(repo, ["log", "aaa"]);
  expect(data).toEqual({ id: A, lines: printed.trimEnd().split("\n") });
  expect(await chant(repo, ["log", "aaa", "-f", "--json"])).toMatchObject({ status: 2, stdout: "" });
});

test("log -f prints what comes, and ends with the agent", async () => {
  await using repo = await tempProject({
    specs: { [A]: { title: "Waits", script: `echo before\n${GO}\necho after\nchant tick --all` } },
  });
  const work = startChant(repo, ["work"]);
  await work.printed((_, stderr) => stderr.includes("started with agent"));
  const log = startChant(repo, ["log", "aaa", "--follow"]);
  await log.printed((stdout) => stdout.includes("before"));
  expect(log.stdout()).not.toContain("after");

  const left = startChant(repo, ["log", "aaa", "-f"]);
  await left.printed((stdout) => stdout.includes("before"));
  left.kill("SIGINT");
  expect(await left.ended).toMatchObject({ status: 130, stderr: "" });

  expect(await chantOk(repo, ["why", "aaa"])).toMatch(/It is being worked on since .* by agent test/);
  expect(await chantOk(repo, ["list"])).toMatch(/working +0\/1 +Waits/);
  await repo.write({ "../go": "" });
  expect(await log.ended).toMatchObject({ status: 0 });
  expect(log.stdout()).toContain("after");
  expect(await work.ended).toMatchObject({ status: 0 });
  await eventually("it is completed", [], async () =>
    (await chantOk(repo, ["list", "--all"])).includes("completed"),
  );
});
