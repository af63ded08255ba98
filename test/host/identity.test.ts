import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { expect, test } from "vitest";
import {
  ageMs,
  identityOf,
  isAlive,
  isSameProcess,
  ownIdentity,
  type ProcessIdentity,
} from "../../src/host/identity.ts";
import { hermeticEnv } from "../kit/environment.ts";
import { eventually } from "../kit/eventually.ts";
import { type Running, start } from "../kit/process.ts";
import { tempFolder } from "../kit/temp-repo.ts";

/** A process that lives until it is killed, and says what it has to say. */
async function living(folder: string, script: string): Promise<Running> {
  const running = start("sh", ["-c", `${script}; exec tail -f /dev/null`], {
    cwd: folder,
    env: hermeticEnv(folder),
  });
  await running.printed((out) => out.includes("\n"));
  return running;
}

const some = (identity: ProcessIdentity | undefined): ProcessIdentity => {
  if (identity === undefined) throw new Error("there is no such process");
  return identity;
};

test("a process is known again until it ends, and no other is taken for it", async () => {
  await using folder = await tempFolder();
  const running = await living(folder.path, "echo up");
  const identity = some(identityOf(running.pid));
  expect(identity).toMatchObject({ pid: running.pid, host: hostname() });
  expect(isAlive(identity)).toBe(true);
  expect(isSameProcess(identity, some(identityOf(running.pid)))).toBe(true);
  // The same number, given to a process that started at another time.
  const reused = { ...identity, startedAt: `${identity.startedAt}0` };
  expect(isAlive(reused)).toBe(false);
  expect(isSameProcess(identity, reused)).toBe(false);
  const beforeReboot = { ...identity, bootId: "another" };
  expect(isAlive(beforeReboot)).toBe(false);
  expect(isSameProcess(identity, beforeReboot)).toBe(false);
  running.kill("SIGKILL");
  await running.ended;
  expect(isAlive(identity)).toBe(false);
  expect(identityOf(running.pid)).toBe(undefined);
});

test("a process that came after this one has an age as well", async () => {
  await using folder = await tempFolder();
  const sinceMs = performance.now();
  const running = await living(folder.path, "echo up");
  const identity = some(identityOf(running.pid));
  const upMs = performance.now();
  await eventually("it is 50 ms old", [], () => performance.now() - upMs > 50);
  // The kernel counts by hundredths of a second.
  expect(ageMs(identity)).toBeGreaterThan(30);
  expect(ageMs(identity)).toBeLessThan(performance.now() - sinceMs + 1_020);
  running.kill("SIGKILL");
  await running.ended;
});

test("what runs on another host cannot be told from here, and counts as alive", () => {
  const elsewhere = { pid: 1, startedAt: "1", bootId: "other", host: `not-${hostname()}` };
  expect(isAlive(elsewhere)).toBe(true);
  expect(isSameProcess(ownIdentity(), elsewhere)).toBe(false);
});

test.runIf(process.platform === "linux")(
  "a process that has ended and that nobody has waited for is not alive",
  async () => {
    await using folder = await tempFolder();
    // The parent becomes a program that never asks for its child's end.
    const running = await living(folder.path, "sleep 1000 & echo $!");
    const pid = Number(running.stdout().trim());
    const identity = some(identityOf(pid));
    expect(isAlive(identity)).toBe(true);
    // As long as it is still the shell, it would ask.
    await eventually("it is that program", [], async () =>
      (await readFile(`/proc/${running.pid}/comm`, "utf8")).startsWith("tail"),
    );
    process.kill(pid, "SIGKILL");
    await eventually("it is a zombie", [], () => !isAlive(identity));
    expect(identityOf(pid)).toBe(undefined);
    // Its number is still taken.
    expect(() => process.kill(pid, 0)).not.toThrow();
    running.kill("SIGKILL");
    await running.ended;
  },
);

test("a process may have any name", async () => {
  await using folder = await tempFolder();
  const name = "a) Z 1 (b";
  const script = `ln -s "${process.execPath}" "${name}" && echo up && exec "./${name}" -e "setInterval(() => {}, 1e6)"`;
  const running = await living(folder.path, script);
  const identity = some(await eventually("it runs", [], () => identityOf(running.pid)));
  expect(Number(identity.startedAt)).toBeGreaterThan(0);
  expect(isAlive(identity)).toBe(true);
  running.kill("SIGKILL");
  await running.ended;
});

test("this process is alive, and numbers that are no process's are nobody", () => {
  expect(isAlive(ownIdentity())).toBe(true);
  expect(isSameProcess(ownIdentity(), some(identityOf(process.pid)))).toBe(true);
  for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 40]) expect(identityOf(pid)).toBe(undefined);
});
