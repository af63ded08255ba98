import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  commandEndText,
  commandEnvironment,
  type CommandRun,
  endLeftCommand,
  runCommand,
} from "../../src/app/engine/run-command.ts";
import { eventually } from "../kit/eventually.ts";
import { tempRepo, type TempRepo } from "../kit/temp-repo.ts";

const given = (repo: TempRepo, command: string, more: Partial<CommandRun> = {}): CommandRun => ({
  command,
  cwd: repo.path,
  env: repo.env,
  token: "command-token",
  timeoutMs: 60_000,
  outputFile: join(repo.root, "output.log"),
  signal: new AbortController().signal,
  ...more,
});

const outputOf = (repo: TempRepo): Promise<string> =>
  readFile(join(repo.root, "output.log"), "utf8").catch(() => "");

test("a command is given to sh letter for letter, in its folder, and both its outputs are kept in order", async () => {
  await using repo = await tempRepo();
  const lines: string[] = [];
  const command = `echo "a  b" | tr a-z A-Z; cat README.md >&2; read x || echo "no input"`;
  const { end, tail } = await runCommand(given(repo, command, { onLine: (line) => lines.push(line) }));
  expect(end).toEqual({ kind: "passed" });
  expect(tail).toEqual(["A  B", "# A project", "no input"]);
  expect(lines).toEqual(tail);
  expect(await outputOf(repo)).toBe("A  B\n# A project\nno input\n");
});

test("it ends with its status, and what it printed last is the tail", async () => {
  await using repo = await tempRepo();
  const failed = await runCommand(given(repo, "seq 1 100; exit 3"));
  expect(failed.end).toEqual({ kind: "exited", code: 3 });
  expect(failed.tail).toHaveLength(40);
  expect(failed.tail.at(-1)).toBe("100");
  expect((await runCommand(given(repo, "kill -9 $$"))).end).toEqual({ kind: "signalled", signal: "SIGKILL" });
  const nowhere = await runCommand(given(repo, "true", { cwd: join(repo.root, "nowhere") }));
  expect(nowhere.end.kind).toBe("not_started");
  expect(commandEndText(nowhere.end)).toMatch(/^could not be started: /);
});

test("after its time it is ended with all that it started, also what left its group", async () => {
  await using repo = await tempRepo();
  const command = "setsid sleep 600 & sleep 600";
  const late = await runCommand(given(repo, command, { timeoutMs: 200 }));
  expect(late.end).toEqual({ kind: "late", minutes: 200 / 60_000 });
  expect(repo.processes()).toEqual([]);
});

test("what it left running when it ended well is ended too, and it has passed", async () => {
  await using repo = await tempRepo();
  const { end } = await runCommand(given(repo, "setsid sleep 600 & echo started"));
  expect(end).toEqual({ kind: "passed" });
  expect(repo.processes()).toEqual([]);
});

test("it is stopped when somebody asks, also before it has begun", async () => {
  await using repo = await tempRepo();
  const asked = new AbortController();
  const running = runCommand(given(repo, "echo on; sleep 600", { signal: asked.signal }));
  await eventually("it runs", [], async () => (await outputOf(repo)) === "on\n");
  asked.abort();
  expect((await running).end).toEqual({ kind: "stopped" });
  expect((await runCommand(given(repo, "sleep 600", { signal: asked.signal }))).end).toEqual({
    kind: "stopped",
  });
});

test("whoever comes after a kill ends what is left of it", async () => {
  await using repo = await tempRepo();
  const outputFile = join(repo.root, "output.log");
  const running = runCommand(given(repo, "echo on; sleep 600"));
  await eventually("it runs", [], async () => (await outputOf(repo)) === "on\n");
  expect(await endLeftCommand(outputFile, "command-token")).toBe(true);
  expect((await running).end).toEqual({ kind: "signalled", signal: "SIGTERM" });
  expect(repo.processes()).toEqual([]);
  // There is nothing left to do, and nobody else is ended.
  expect(await endLeftCommand(outputFile, "command-token")).toBe(true);
});

test("its environment is the user's, without what belongs to git's own work or to a run", () => {
  const before = { ...process.env };
  Object.assign(process.env, { GIT_DIR: "/somewhere", CHANT_SPEC_ID: "001", ORDINARY: "yes" });
  try {
    const env = commandEnvironment({ CHANT_HOME: "/home" });
    expect(env).toMatchObject({ ORDINARY: "yes", CHANT_HOME: "/home", PATH: process.env["PATH"] });
    expect(Object.keys(env)).not.toEqual(expect.arrayContaining(["GIT_DIR"]));
    expect(env["CHANT_SPEC_ID"]).toBeUndefined();
  } finally {
    process.env = before;
  }
});
