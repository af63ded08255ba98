import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type GroupEnd, type GroupOptions, runGroup } from "../../src/host/run-group.ts";
import { hermeticEnv, REPOSITORY_MARK } from "../kit/environment.ts";
import { eventually } from "../kit/eventually.ts";
import { processesWith } from "../kit/process.ts";
import { tempFolder } from "../kit/temp-repo.ts";

/** Runs lines of shell in a folder of their own. */
function shell(path: string, script: string, options: Partial<GroupOptions> = {}): Promise<GroupEnd> {
  const { signal } = new AbortController();
  return runGroup("sh", ["-c", script], {
    cwd: path,
    env: hermeticEnv(path),
    timeoutMs: 20_000,
    signal,
    ...options,
  });
}

const noneLeft = (path: string): Promise<boolean> =>
  eventually("nothing of it runs any more", [], () => processesWith(REPOSITORY_MARK, path).length === 0);

test("it gets its input, and its end is told with its last word", async () => {
  await using folder = await tempFolder();
  const { path } = folder;
  expect(await shell(path, "cat >got", { input: "hello\n" })).toEqual({
    kind: "exited",
    status: 0,
    said: "",
  });
  expect(await readFile(join(path, "got"), "utf8")).toBe("hello\n");
  expect(await shell(path, "echo first >&2; echo last >&2; exit 3")).toEqual({
    kind: "exited",
    status: 3,
    said: "last",
  });
  expect(await shell(path, "kill -TERM $$")).toEqual({ kind: "signalled", signal: "SIGTERM", said: "" });
  expect(await shell(path, "exit 0", { input: "x".repeat(1_000_000) })).toMatchObject({ status: 0 });
});

test("a program that is not there, or no program", async () => {
  await using folder = await tempFolder();
  const { path: cwd } = folder;
  const options = { cwd, env: hermeticEnv(cwd), timeoutMs: 20_000, signal: new AbortController().signal };
  expect(await runGroup("no-such-program", [], options)).toMatchObject({
    kind: "not_started",
    isMissing: true,
  });
  expect(await runGroup(cwd, [], options)).toMatchObject({ kind: "not_started", isMissing: false });
  expect(await runGroup("echo", ["a\0b"], options)).toMatchObject({ kind: "not_started", isMissing: false });
});

test("after its time all that it started is killed, also what does not listen to SIGTERM", async () => {
  await using folder = await tempFolder();
  const { path } = folder;
  const script = "trap '' TERM; setsid sleep 1000 & sleep 1000 & wait; sleep 1000";
  expect(await shell(path, script, { timeoutMs: 200 })).toEqual({ kind: "killed", isLate: true });
  await noneLeft(path);
});

test("it is killed when somebody asks, before the start or after", async () => {
  await using folder = await tempFolder();
  const { path } = folder;
  const controller = new AbortController();
  const running = shell(path, "echo >started; sleep 1000", { signal: controller.signal });
  await eventually("it has started", [path], () =>
    readFile(join(path, "started")).then(
      () => true,
      () => false,
    ),
  );
  controller.abort();
  expect(await running).toEqual({ kind: "killed", isLate: false });
  expect(await shell(path, "sleep 1000", { signal: controller.signal })).toEqual({
    kind: "killed",
    isLate: false,
  });
  await noneLeft(path);
});

test("something that it leaves behind with its output open is not waited for", async () => {
  await using folder = await tempFolder();
  const { path } = folder;
  expect(await shell(path, "sleep 1000 & echo $! >left; exit 0")).toEqual({
    kind: "exited",
    status: 0,
    said: "",
  });
  process.kill(Number(await readFile(join(path, "left"), "utf8")), "SIGKILL");
  await noneLeft(path);
});
