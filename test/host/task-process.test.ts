import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TaskProcess } from "../../src/host/task-process.ts";
import { eventually } from "../kit/eventually.ts";
import { tempFolder } from "../kit/temp-repo.ts";

/** Writes each task down, the first of its arguments, and says so; `quit` and `die` are what they say. */
const PROGRAM = `
trap "" PIPE
echo "$1" >>"$DONE"; echo
while read -r task; do
  case "$task" in quit) exit 0;; die) kill -9 $$;; esac
  echo "$task" >>"$DONE"; echo
done
echo end >>"$DONE"`;

async function start(folder: string): Promise<{ process: TaskProcess; told: () => string }> {
  const done = join(folder, "done");
  const process = await TaskProcess.start("/bin/sh", ["-c", PROGRAM, "tasks", "first"], {
    cwd: folder,
    env: { DONE: done, PATH: "/usr/bin:/bin" },
    errorFile: join(folder, "errors"),
  });
  return { process, told: () => readFileSync(done, "utf8") };
}

test("it does one task after the other, and leaves when it is dismissed", async () => {
  await using folder = await tempFolder();
  const { process, told } = await start(folder.path);
  await process.done;
  expect(process.isFree).toBe(true);
  expect(told()).toBe("first\n");
  for (const task of ["second", '["a folder","3"]']) {
    process.give(task);
    expect(process.isFree).toBe(false);
    await process.done;
    expect(process.isFree).toBe(true);
  }
  process.dismiss();
  expect(process.isFree).toBe(false);
  await process.ended;
  expect(told()).toBe('first\nsecond\n["a folder","3"]\nend\n');
});

test.each(["quit", "die"])(
  "a task at which it ends (%s) is done with, and it is free no more",
  async (task) => {
    await using folder = await tempFolder();
    const { process } = await start(folder.path);
    await process.done;
    process.give(task);
    await process.done;
    expect(process.isFree).toBe(false);
    await process.ended;
  },
);

test("what is given to one that is at a task waits for its turn", async () => {
  await using folder = await tempFolder();
  const { process, told } = await start(folder.path);
  process.give("second");
  process.give("third");
  expect(process.isFree).toBe(false);
  await process.done;
  expect(process.isFree).toBe(true);
  expect(told()).toBe("first\nsecond\nthird\n");
  process.dismiss();
  await process.ended;
});

test("a task that is given to one that has ended meanwhile is done with at once", async () => {
  await using folder = await tempFolder();
  const { process } = await start(folder.path);
  await process.done;
  process.give("quit");
  process.give("late");
  await process.done;
  await process.ended;
  expect([process.isFree, process.isOver]).toEqual([false, true]);
  process.give("later");
  await process.done;
});

test("one that is dismissed at a task does that to its end", async () => {
  await using folder = await tempFolder();
  const { process, told } = await start(folder.path);
  process.dismiss();
  await process.ended;
  await eventually("it has told", [folder.path], () => told() === "first\nend\n");
});

test("a program that is not there is told", async () => {
  await using folder = await tempFolder();
  const options = { cwd: folder.path, env: {}, errorFile: join(folder.path, "errors") };
  await expect(TaskProcess.start(join(folder.path, "absent"), [], options)).rejects.toThrow("ENOENT");
});
