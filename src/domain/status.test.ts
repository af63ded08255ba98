import { expect, test } from "vitest";
import { isStatus, movesFrom, requireMove, STATUSES, step } from "./status.ts";

test("the way of a spec that goes well, and of one that is tried again", () => {
  expect(step("pending", "start")).toBe("in_progress");
  expect(step("in_progress", "land")).toBe("completed");
  expect(step("in_progress", "fail")).toBe("failed");
  expect(step("failed", "reset")).toBe("pending");
  expect(step("in_progress", "attention")).toBe("needs_attention");
  expect(step("needs_attention", "finalize")).toBe("completed");
  expect(step("paused", "resume")).toBe("in_progress");
});

test("only landing and finalizing complete a spec", () => {
  const completing = new Set(
    STATUSES.flatMap((from) => movesFrom(from).filter((move) => step(from, move) === "completed")),
  );
  expect([...completing].toSorted()).toEqual(["finalize", "land"]);
});

test("anything can be cancelled, and only a cancelled spec restored", () => {
  for (const status of STATUSES) {
    expect(step(status, "cancel")).toBe(status === "cancelled" ? undefined : "cancelled");
    expect(step(status, "restore")).toBe(status === "cancelled" ? "pending" : undefined);
  }
});

test("every status can be reached from pending, and left again", () => {
  const reached = new Set<string>(["pending"]);
  for (const from of reached) {
    if (isStatus(from)) for (const move of movesFrom(from)) reached.add(step(from, move) ?? "");
  }
  expect([...reached].toSorted()).toEqual([...STATUSES].toSorted());
  for (const status of STATUSES) expect(movesFrom(status).length).toBeGreaterThan(0);
});

test("a refused move names what is possible instead", () => {
  expect(requireMove("001", "pending", "start")).toBe("in_progress");
  expect(() => requireMove("001", "completed", "start")).toThrow(
    expect.objectContaining({
      code: "STATUS_MOVE_REFUSED",
      message: '001 is completed, and from there "start" is not possible.',
      hint: "Possible from completed: chant reset 001, chant cancel 001",
    }),
  );
});

test("blocked is no status, and neither is what every object has", () => {
  expect(isStatus("blocked")).toBe(false);
  expect(isStatus("constructor")).toBe(false);
});
