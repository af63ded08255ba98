import { expect, test } from "vitest";
import { ChantError, type ErrorCode } from "../../kit/errors.ts";
import type { Happening } from "./engine.ts";
import { MissingObject } from "../../git/missing-object.ts";
import { isGitAway, Patience, refusalOf } from "./patience.ts";

interface Scene {
  readonly patience: Patience;
  readonly told: readonly string[];
  readonly time: { atMs: number };
}

function scene(limitMs: number, ...enduring: readonly ErrorCode[]): Scene {
  const told: string[] = [];
  const time = { atMs: 0 };
  const clock = { nowMs: () => 0, monotonicMs: () => time.atMs };
  const emit = (happening: Happening): void =>
    void told.push("message" in happening ? happening.message : happening.kind);
  return { told, time, patience: new Patience({ clock, emit }, limitMs, enduring) };
}

const fails = (): Promise<never> => Promise.reject(new ChantError("GIT_FAILED", "git add failed: x"));

test("a git that fails is told once and borne until it has gone on for too long", async () => {
  const here = scene(100);
  expect(await here.patience.bear(fails)).toBe("failed");
  here.time.atMs = 99;
  expect(await here.patience.bear(fails)).toBe("failed");
  expect(here.told).toEqual(["git add failed: x It is tried again."]);
  here.time.atMs = 100;
  await expect(here.patience.bear(fails)).rejects.toMatchObject({ code: "GIT_FAILED" });
});

test("a success in between begins anew, and other failures are not borne", async () => {
  const here = scene(100);
  await here.patience.bear(fails);
  here.time.atMs = 90;
  expect(await here.patience.bear(() => Promise.resolve(1))).toBe(1);
  here.time.atMs = 150;
  expect(await here.patience.bear(fails)).toBe("failed");
  await expect(here.patience.bear(() => Promise.reject(new Error("a bug")))).rejects.toThrow("a bug");
});

const isFull = (): Promise<never> => Promise.reject(new ChantError("DISK_FULL", "No space."));

test("what is for somebody else to mend is borne for as long as it lasts, and only where that is wanted", async () => {
  const here = scene(100, "DISK_FULL");
  for (let round = 0; round < 5; round += 1) {
    here.time.atMs += 1_000;
    expect(await here.patience.bear(isFull)).toBe("failed");
  }
  expect(here.told).toEqual(["No space. It is tried again."]);
  await expect(scene(100).patience.bear(isFull)).rejects.toMatchObject({ code: "DISK_FULL" });
});

const away = (words: string): boolean => isGitAway(new ChantError("GIT_FAILED", words));
const system = (code: string): Error =>
  Object.assign(new Error(`${code}: no, spawn git`), { code, syscall: "spawn git" });

test("what was refused is told as a clause, with whether it passes; a fault of chant's own is none", () => {
  expect(refusalOf(new ChantError("GIT_FAILED", "git add failed: x."))).toEqual({
    reason: "git add failed: x",
    isPassing: true,
  });
  expect(refusalOf(new ChantError("WORKTREE_FAILED", "Both are taken."))?.isPassing).toBe(false);
  expect(refusalOf(new MissingObject("abc"))?.isPassing).toBe(false);
  expect(refusalOf(system("EAGAIN"))).toEqual({ reason: "EAGAIN: no, spawn git", isPassing: true });
  expect(refusalOf(system("EACCES"))?.isPassing).toBe(false);
  expect(["git could not be started.", "git add failed: signal SIGKILL"].every(away)).toBe(true);
  expect(away("git read-tree failed: Out of memory, malloc failed")).toBe(true);
  expect(away("git update-ref failed: cannot lock ref 'refs/heads/a'")).toBe(false);
  expect(refusalOf(new TypeError("x is not a function"))).toBeUndefined();
});
