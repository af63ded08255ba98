import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { KernelLock } from "../../src/host/kernel-lock.ts";
import { hermeticEnv } from "../kit/environment.ts";
import { type Running, start } from "../kit/process.ts";
import { tempFolder } from "../kit/temp-repo.ts";

const SOURCE = fileURLToPath(new URL("../../src/host/kernel-lock.ts", import.meta.url));

/** Starts another process that uses the lock `lock.db` of a folder as `lock`. */
function other(folder: string, script: string): Running {
  const setUp = `
    import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
    const { KernelLock } = await import(${JSON.stringify(SOURCE)});
    const lock = new KernelLock("lock.db");`;
  return start(process.execPath, ["--input-type=module", "-e", `${setUp}\n${script}`], {
    cwd: folder,
    env: hermeticEnv(folder),
  });
}

/** Counts up to 200 of its own, and is now and then killed while it holds the lock. */
const COUNTING = (slot: number): string => `
  const own = readFileSync("log", "utf8").split("\\n").filter((line) => line.startsWith("${slot} ")).length;
  for (let n = own; n < 200; n += 1) {
    await lock.hold(async () => {
      const next = Number(readFileSync("count", "utf8")) + 1;
      await null;
      writeFileSync("count-${slot}", String(next));
      if (Math.random() < 0.01) process.kill(process.pid, "SIGKILL");
      renameSync("count-${slot}", "count");
      appendFileSync("log", "${slot} " + next + "\\n");
    });
  }`;

test("six processes that count, and are killed while they hold the lock, lose no count", async () => {
  await using folder = await tempFolder();
  await writeFile(join(folder.path, "count"), "0");
  await writeFile(join(folder.path, "log"), "");
  let kills = 0;
  const slots = [0, 1, 2, 3, 4, 5].map(async (slot) => {
    for (;;) {
      const { status, signal, stderr } = await other(folder.path, COUNTING(slot)).ended;
      if (signal !== "SIGKILL") return { status, stderr: status === 0 ? "" : stderr };
      kills += 1;
    }
  });
  expect(await Promise.all(slots)).toEqual(slots.map(() => ({ status: 0, stderr: "" })));
  const log = (await readFile(join(folder.path, "log"), "utf8")).split("\n").slice(0, -1);
  expect(log.map((line) => Number(line.split(" ")[1]))).toEqual(
    Array.from({ length: 1200 }, (_, n) => n + 1),
  );
  expect(await readFile(join(folder.path, "count"), "utf8")).toBe("1200");
  expect(kills).toBeGreaterThan(0);
});

/** Starts a process that holds the lock until it is killed. */
async function holder(folder: string): Promise<Running> {
  const running = other(
    folder,
    `await lock.hold(() => { console.log("held"); return new Promise(() => setInterval(() => {}, 1e6)); });`,
  );
  await running.printed((out) => out.includes("held"));
  return running;
}

async function expectBusy(path: string, waitMs: number, holderPid?: number): Promise<void> {
  using lock = new KernelLock(path);
  // Where the kernel tells who holds a lock, so does the refusal.
  const isTold = holderPid !== undefined && process.platform === "linux";
  await expect(lock.hold(async () => {}, { waitMs })).rejects.toMatchObject({
    code: "LOCK_BUSY",
    exitStatus: 75,
    message: expect.stringContaining(isTold ? `process ${holderPid}` : path) as string,
  });
}

test("who waits gets it when its holder is killed", async () => {
  await using folder = await tempFolder();
  const held = await holder(folder.path);
  using lock = new KernelLock(join(folder.path, "lock.db"));
  let isIn = false;
  const waiting = lock.hold(async () => {
    isIn = true;
  });
  await expectBusy(join(folder.path, "lock.db"), 30, held.pid);
  expect(isIn).toBe(false);
  held.kill("SIGKILL");
  await waiting;
  expect(isIn).toBe(true);
  await held.ended;
});

test("who waits can be called off, and the lock is as it was", async () => {
  await using folder = await tempFolder();
  const held = await holder(folder.path);
  const off = new AbortController();
  using lock = new KernelLock(join(folder.path, "lock.db"), off.signal);
  const waiting = lock.hold(() => Promise.reject(new Error("it came in")));
  off.abort("SIGINT");
  await expect(waiting).rejects.toBe("SIGINT");
  held.kill("SIGKILL");
  await held.ended;
  expect(await lock.hold(async () => "in")).toBe("in");
});

test("within one process it is held in turns, also after what was done under it has failed", async () => {
  await using folder = await tempFolder();
  using lock = new KernelLock(join(folder.path, "not", "there", "yet", "lock.db"));
  const order: string[] = [];
  const turn = (name: string): Promise<void> =>
    lock.hold(async () => {
      order.push(`${name} in`);
      await Promise.resolve();
      order.push(`${name} out`);
      if (name === "b") throw new Error("b failed");
    });
  const all = await Promise.allSettled(["a", "b", "c"].map(turn));
  expect(all.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(order).toEqual(["a in", "a out", "b in", "b out", "c in", "c out"]);
});

test("within one process whoever comes while it is held comes in when it is let go, and not before", async () => {
  await using folder = await tempFolder();
  using lock = new KernelLock(join(folder.path, "lock.db"));
  const order: string[] = [];
  const [isIn, mayGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const first = lock.hold(async () => {
    isIn.resolve();
    await mayGo.promise;
    order.push("first out");
  });
  await isIn.promise;
  const second = lock.hold(async () => void order.push("second in"));
  // All that the second can do without waiting is done when the loop comes round.
  await new Promise((resolve) => setImmediate(resolve));
  mayGo.resolve();
  const both = await Promise.allSettled([first, second]);
  expect(both.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  expect(order).toEqual(["first out", "second in"]);
});

test("with the file deleted, whoever waited for the old one does not come in beside the holder of the new one", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "lock.db");
  using waiter = new KernelLock(path);
  await waiter.hold(async () => {});
  const old = await holder(folder.path);
  let isIn = false;
  const waiting = waiter.hold(async () => {
    isIn = true;
  });
  await rm(path);
  const next = await holder(folder.path);
  old.kill("SIGKILL");
  await old.ended;
  // The lock on the old file is free now; the waiter looks at it every few milliseconds.
  await expectBusy(path, 200);
  expect(isIn).toBe(false);
  next.kill("SIGKILL");
  await waiting;
  await next.ended;
});

test("with the file deleted while it was held or free, it is held on a new one", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "lock.db");
  using lock = new KernelLock(path);
  expect(await lock.hold(async () => rm(path).then(() => "while held"))).toBe("while held");
  expect(await lock.hold(async () => "again")).toBe("again");
  await rm(path);
  await lock.hold(async () => {
    await expectBusy(path, 20);
  });
});

test("somebody who keeps deleting the file makes nobody fail", async () => {
  await using folder = await tempFolder();
  const script = `
    console.log("on");
    for (;;) {
      rmSync("lock.db", { force: true });
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 2));
    }`;
  const deleting = other(folder.path, script);
  try {
    await deleting.printed((out) => out.includes("on"));
    for (let n = 0; n < 200; n += 1) {
      using lock = new KernelLock(join(folder.path, "lock.db"));
      await lock.hold(async () => {});
    }
  } finally {
    deleting.kill("SIGKILL");
    await deleting.ended;
  }
});
