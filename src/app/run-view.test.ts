import { expect, test } from "vitest";
import { stateOf, type RunSigns } from "./run-view.ts";

const alone: RunSigns = {
  isOwnerAlive: false,
  isRunnerAlive: false,
  wasRunner: true,
  hasEnded: false,
  isChecking: false,
};
const running = { phase: "running" } as const;

test("a run whose coordinator and runner are both gone is interrupted, never working", () => {
  expect(stateOf(running, alone)).toBe("interrupted");
  expect(stateOf(running, { ...alone, isRunnerAlive: true })).toBe("working");
  expect(stateOf({ phase: "claimed" }, alone)).toBe("interrupted");
});

test("between two launches the coordinator goes on with it", () => {
  expect(stateOf(running, { ...alone, isOwnerAlive: true })).toBe("working");
  expect(stateOf(running, { ...alone, isOwnerAlive: true, wasRunner: false })).toBe("starting");
});

test("an end without a coordinator is finished, and lands with the next work", () => {
  expect(stateOf(running, { ...alone, hasEnded: true })).toBe("finished");
  expect(stateOf(running, { ...alone, hasEnded: true, isOwnerAlive: true })).toBe("judging");
  expect(stateOf({ phase: "landing" }, alone)).toBe("finished");
  expect(stateOf({ phase: "landing" }, { ...alone, isOwnerAlive: true })).toBe("landing");
  expect(
    stateOf({ phase: "landing", waits: { reason: "local changes", files: ["a"], isPassing: false } }, alone),
  ).toBe("waiting");
});

test("it is checking while a runner runs its checks, and not when that runner is gone", () => {
  const checking = { ...alone, isChecking: true };
  expect(stateOf(running, { ...checking, isRunnerAlive: true })).toBe("checking");
  expect(stateOf(running, { ...checking, isOwnerAlive: true })).toBe("working");
  expect(stateOf(running, checking)).toBe("interrupted");
});
