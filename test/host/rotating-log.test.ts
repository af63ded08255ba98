import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeLogRoom, RotatingLog } from "../../src/host/rotating-log.ts";
import { tempFolder } from "../kit/temp-repo.ts";

test("lines are added to what is there", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "watch.log");
  new RotatingLog(path).append("one →");
  new RotatingLog(path).append("two");
  expect(await readFile(path, "utf8")).toBe("one →\ntwo\n");
});

test("a full file is put aside, and so many old ones stay", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "watch.log");
  const log = new RotatingLog(path, { maxBytes: 10, keep: 3 });
  for (let n = 1; n <= 12; n += 1) log.append(`line${n}`);
  expect((await readdir(folder.path)).toSorted()).toEqual([
    "watch.log",
    "watch.log.1",
    "watch.log.2",
    "watch.log.3",
  ]);
  const contents = await Promise.all(["", ".1", ".2", ".3"].map((suffix) => readFile(path + suffix, "utf8")));
  expect(contents).toEqual(["line12\n", "line11\n", "line10\n", "line9\n"]);
});

test("whoever has a log open that is put aside goes on writing to it there", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "work.log");
  const file = await open(path, "a");
  await file.write("one\n");
  makeLogRoom(path, 0, { maxBytes: 10 });
  expect(await readdir(folder.path)).toEqual(["work.log"]);
  await file.write("two, which is longer\n");
  makeLogRoom(path, 0, { maxBytes: 10 });
  await file.write("three\n");
  await file.close();
  expect(await readdir(folder.path)).toEqual(["work.log.1"]);
  expect(await readFile(`${path}.1`, "utf8")).toBe("one\ntwo, which is longer\nthree\n");
});

test("what just fits stays; a line that is too long for any file gets one of its own", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "watch.log");
  const log = new RotatingLog(path, { maxBytes: 10, keep: 2 });
  log.append("1234");
  log.append("5678");
  expect(await readdir(folder.path)).toEqual(["watch.log"]);
  log.append("much longer than ten bytes");
  log.append("x");
  expect(await readFile(path, "utf8")).toBe("x\n");
  expect(await readFile(`${path}.1`, "utf8")).toBe("much longer than ten bytes\n");
  expect(await readFile(`${path}.2`, "utf8")).toBe("1234\n5678\n");
});

test("a folder that is deleted or moved away meanwhile is made again", async () => {
  await using folder = await tempFolder();
  const logs = join(folder.path, "logs");
  const path = join(logs, "watch.log");
  const failures: Error[] = [];
  const log = new RotatingLog(path, { onFailure: (error) => failures.push(error) });
  log.append("one");
  await rm(logs, { recursive: true });
  log.append("two");
  expect(await readFile(path, "utf8")).toBe("two\n");
  await rename(logs, join(folder.path, "old"));
  log.append("three");
  expect(await readFile(path, "utf8")).toBe("three\n");
  expect(failures).toEqual([]);
});

test("a repository that is gone does not come back; that is told once, and again after lines that were written", async () => {
  await using folder = await tempFolder();
  const chant = join(folder.path, ".chant");
  const path = join(chant, "logs", "watch.log");
  const failures: string[] = [];
  const log: RotatingLog = new RotatingLog(path, {
    onFailure: (error) => {
      failures.push(error.message);
      log.append("a warning about the log, into the log");
    },
  });
  log.append("one");
  log.append("two");
  expect(await readdir(folder.path)).toEqual([]);
  expect(failures).toHaveLength(1);
  await mkdir(chant);
  log.append("three");
  expect(await readFile(path, "utf8")).toBe("three\n");
  await rm(chant, { recursive: true });
  log.append("four");
  expect(failures).toHaveLength(2);
});

test("a path that is no file costs no more than the line", async () => {
  await using folder = await tempFolder();
  const failures: Error[] = [];
  const log = new RotatingLog(folder.path, { onFailure: (error) => failures.push(error) });
  log.append("one");
  expect(failures).toMatchObject([{ code: "EISDIR" }]);
});
