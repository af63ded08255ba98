import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { identityOf, type ProcessIdentity } from "../../src/host/identity.ts";
import {
  readPidFile,
  removePidFile,
  removeStalePidFile,
  type WatchProcess,
  writePidFile,
} from "../../src/store/pid-file.ts";
import { hermeticEnv } from "../kit/environment.ts";
import { type Running, start } from "../kit/process.ts";
import { tempFolder } from "../kit/temp-repo.ts";

const REPOSITORY = "/somewhere/.git";

/** A folder with a process that lives until the test ends it. */
async function withProcess() {
  const folder = await tempFolder();
  const running: Running = start("sleep", ["1000"], { cwd: folder.path, env: hermeticEnv(folder.path) });
  const identity = identityOf(running.pid);
  if (identity === undefined) throw new Error("the process has no identity");
  const end = async (): Promise<void> => {
    running.kill("SIGKILL");
    await running.ended;
  };
  return {
    path: join(folder.path, "watch.pid"),
    identity,
    end,
    async [Symbol.asyncDispose]() {
      await end();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const watchOf = (identity: ProcessIdentity): WatchProcess => ({
  identity,
  version: "1.2.3",
  repository: REPOSITORY,
});

test("a watch that lives is running; the first line is its pid, and a second file is not written", async () => {
  await using some = await withProcess();
  expect(await readPidFile(some.path, REPOSITORY)).toEqual({ kind: "none" });
  const watch = watchOf(some.identity);
  expect(await writePidFile(some.path, watch)).toBe(true);
  expect(await readPidFile(some.path, REPOSITORY)).toEqual({ kind: "running", watch });
  const text = await readFile(some.path, "utf8");
  expect(text.split("\n")[0]).toBe(String(some.identity.pid));
  expect(await writePidFile(some.path, { ...watch, version: "2.0.0" })).toBe(false);
  expect(await readFile(some.path, "utf8")).toBe(text);
});

test("a watch that was killed is stale, and its file goes", async () => {
  await using some = await withProcess();
  await writePidFile(some.path, watchOf(some.identity));
  await some.end();
  const found = await readPidFile(some.path, REPOSITORY);
  expect(found).toMatchObject({ kind: "stale", pid: some.identity.pid });
  if (found.kind !== "stale") return;
  expect(await removeStalePidFile(some.path, found)).toBe(true);
  expect(await readPidFile(some.path, REPOSITORY)).toEqual({ kind: "none" });
  expect(await removeStalePidFile(some.path, found)).toBe(false);
});

test.each<[string, Partial<ProcessIdentity>]>([
  ["another process has the pid by now", { startedAt: "12345" }],
  ["the machine was started again", { bootId: "another boot" }],
])("a live process counts as gone: %s", async (_, changes) => {
  await using some = await withProcess();
  await writePidFile(some.path, watchOf({ ...some.identity, ...changes }));
  expect(await readPidFile(some.path, REPOSITORY)).toMatchObject({ kind: "stale", pid: some.identity.pid });
});

test("a machine that changed its name is the same machine", async () => {
  await using some = await withProcess();
  await writePidFile(some.path, watchOf({ ...some.identity, host: "yesterday's name" }));
  expect(await readPidFile(some.path, REPOSITORY)).toMatchObject({ kind: "running" });
});

test("the watch of another repository, in a folder that was copied or moved, is not this one's", async () => {
  await using some = await withProcess();
  await writePidFile(some.path, watchOf(some.identity));
  expect(await readPidFile(some.path, "/elsewhere/.git")).toMatchObject({ kind: "stale" });
});

test.each([
  ["nothing", "", undefined],
  ["a live pid alone", `${process.pid}\n`, process.pid],
  ["a pid and no JSON", "7\nabout\n", 7],
  ["a pid and other JSON", '7\n{"pid":7}\n', 7],
  ["two pids", '7\n{"pid":8,"startedAt":"","bootId":"","host":"","version":"","repository":""}', 7],
  ["no pid", "hello\n", undefined],
  ["a pid that no process can have", '-1\n{"pid":-1,"startedAt":"1"}\n', undefined],
])("a file that says who runs by halves is stale: %s", async (_, text, pid) => {
  await using folder = await tempFolder();
  const path = join(folder.path, "watch.pid");
  await writeFile(path, text);
  expect(await readPidFile(path, REPOSITORY)).toEqual({
    kind: "stale",
    text,
    ...(pid === undefined ? {} : { pid }),
  });
});

test("what is written by somebody else meanwhile stays", async () => {
  await using some = await withProcess();
  await writeFile(some.path, "7\n");
  const found = await readPidFile(some.path, REPOSITORY);
  await writeFile(some.path, "8\n");
  if (found.kind === "stale") expect(await removeStalePidFile(some.path, found)).toBe(false);
  const own = identityOf(process.pid);
  if (own !== undefined) await removePidFile(some.path, own);
  expect(await readFile(some.path, "utf8")).toBe("8\n");
});

test("a watch that ends removes its own file, and finds nothing wrong when it is gone", async () => {
  await using some = await withProcess();
  await writePidFile(some.path, watchOf(some.identity));
  await removePidFile(some.path, some.identity);
  await removePidFile(some.path, some.identity);
  expect(await readPidFile(some.path, REPOSITORY)).toEqual({ kind: "none" });
});
