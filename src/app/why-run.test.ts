import { expect, test } from "vitest";
import type { SpecView } from "./overview.ts";
import type { RunView } from "./run-view.ts";
import { whyRun } from "./why-run.ts";

const RUN = { state: "parked", owner: { pid: 1, isAlive: false }, startedAtMs: 0, worktree: "/w" } as RunView;
const nextOf = (status: SpecView["status"], run = RUN): readonly string[] =>
  whyRun({ id: "001", status, criteria: { done: 0, total: 1 }, run, spec: {} } as SpecView, run, 5).next;

test("what was paused goes on first of all; what has failed is looked at first", () => {
  expect(nextOf("paused").slice(0, 2)).toEqual(["chant resume 001", "chant log 001"]);
  expect(nextOf("failed").slice(0, 3)).toEqual([
    "chant log 001",
    "git -C /w status",
    "chant resume 001 --work",
  ]);
});

test("nobody is sent into a worktree that is gone", () => {
  const { worktree: _worktree, ...run } = RUN;
  const gone = { ...run, branch: "chant/001", isWorktreeGone: true };
  expect(nextOf("needs_attention", gone)).toEqual(["chant log 001", "git log chant/001", "chant reset 001"]);
});
