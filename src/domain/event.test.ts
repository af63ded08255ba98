import { expect, test } from "vitest";
import { eventLine } from "./event.ts";
import type { ChantEvent } from "./event.ts";

const id = "001-x7m";
const at = 0;

test.each<[ChantEvent, string]>([
  [{ at, kind: "run_started", id, attempt: 1, agent: "claude" }, "001-x7m started with agent claude"],
  [
    { at, kind: "run_started", id, attempt: 2, agent: "claude" },
    "001-x7m started with agent claude, attempt 2",
  ],
  [
    { at, kind: "worktree_ready", id, path: "/tmp/chant-1", branch: "chant/1" },
    "001-x7m has its worktree /tmp/chant-1 on branch chant/1",
  ],
  [{ at, kind: "agent_started", id, agent: "script", pid: 7 }, "001-x7m agent script is at work (process 7)"],
  [{ at, kind: "agent_output", id, line: "\u001b[2Jhi\r" }, String.raw`001-x7m | \x1b[2Jhi\x0d`],
  [{ at, kind: "tick", id, done: 1, total: 3 }, "001-x7m 1 of 3 criteria ticked"],
  [{ at, kind: "tick", id, done: 0, total: 1 }, "001-x7m 0 of 1 criterion ticked"],
  [
    { at, kind: "judged", id, verdict: { kind: "done", noChanges: true } },
    "001-x7m judged done, without changes",
  ],
  [
    { at, kind: "judged", id, verdict: { kind: "attention", reason: "look" } },
    "001-x7m judged in need of attention: look",
  ],
  [{ at, kind: "finalizing", id }, "001-x7m completed → finalizing"],
  [{ at, kind: "merging", id, branch: "chant/001-x7m" }, "001-x7m finalized → merging branch chant/001-x7m"],
  [{ at, kind: "landed", id, target: "main", commit: "fe12a90" }, "001-x7m merged to main ✓"],
  [
    { at, kind: "landed", id, target: "main", commit: "fe12a90fe12a90", isMerge: false },
    "001-x7m finalized (no branch to merge), fe12a90fe1 on main",
  ],
  [
    { at, kind: "failed", id, reason: "the agent made no commit" },
    "001-x7m failed: the agent made no commit",
  ],
  [{ at, kind: "needs_attention", id, reason: "conflict in a" }, "001-x7m needs attention: conflict in a"],
  [
    { at, kind: "waiting", id, reason: "local changes", files: ["a", "b"] },
    "001-x7m waits: local changes (a, b)",
  ],
  [{ at, kind: "waiting", reason: "index.lock is held", files: [] }, "waiting: index.lock is held"],
  [
    { at, kind: "waiting", reason: "local changes", files: ["a", "b", "c", "d", "e", "f", "g"] },
    "waiting: local changes (a, b, c, d, e and 2 more)",
  ],
  [
    { at, kind: "interrupted", id, reason: "killed", again: true },
    "001-x7m interrupted: killed; it is taken up again",
  ],
  [{ at, kind: "interrupted", id, reason: "killed", again: false }, "001-x7m interrupted: killed"],
  [{ at, kind: "completed_driver", id }, "001-x7m completed with its last member"],
  [{ at, kind: "skipped", id, reason: "it is paused" }, "001-x7m skipped: it is paused"],
  [
    { at, kind: "summary", landed: 3, failed: 1, attention: 0, waiting: 0, skipped: 2, durationMs: 61_000 },
    "3 landed, 1 failed, 2 skipped in 1m 01s",
  ],
  [{ at, kind: "warning", message: "a\u202eb" }, String.raw`warning: a\u202eb`],
  [{ at, kind: "warning", id, message: "slow" }, "001-x7m warning: slow"],
])("%o reads %j", (event, line) => {
  expect(eventLine(event)).toBe(line);
});
