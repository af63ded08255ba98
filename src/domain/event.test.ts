import { expect, test } from "vitest";
import { eventLine, logLine, timedLine } from "./event.ts";
import type { ChantEvent } from "./event.ts";

const id = "001-x7m";
const at = 0;

const retry = (inMs: number): ChantEvent => ({
  at,
  kind: "retry_scheduled",
  id,
  n: 1,
  of: 3,
  atMs: at + inMs,
  reason: 'its error says "timeout"',
});

test.each<[ChantEvent, string]>([
  [
    { at, kind: "run_started", id, attempt: 1, agent: "claude", run: "r1" },
    "001-x7m started with agent claude",
  ],
  [
    { at, kind: "run_started", id, attempt: 2, agent: "claude", run: "r1" },
    "001-x7m started with agent claude, attempt 2",
  ],
  [
    { at, kind: "worktree_ready", id, path: "/tmp/chant-1", branch: "chant/1" },
    "001-x7m has its worktree /tmp/chant-1 on branch chant/1",
  ],
  [{ at, kind: "finalizing", id }, "001-x7m completed → finalizing"],
  [{ at, kind: "merging", id, branch: "chant/001-x7m" }, "001-x7m finalized → merging branch chant/001-x7m"],
  [{ at, kind: "landed", id, target: "main", commit: "fe12a90" }, "001-x7m merged to main ✓"],
  [
    { at, kind: "landed", id, target: "main", commit: "fe12a90fe12a90", isMerge: false },
    "001-x7m finalized (no branch to merge)",
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
  [{ at, kind: "watching", ids: [id] }, "Watching 1 in-progress spec: 001-x7m"],
  [{ at, kind: "watching", ids: ["A", "B", "C"] }, "Watching 3 in-progress specs: A, B, C"],
  [
    { at, kind: "watching", ids: Array.from({ length: 22 }, (_, n) => `${n}`) },
    "Watching 22 in-progress specs: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 and 2 more",
  ],
  [{ at, kind: "watching", ids: [] }, "No in-progress specs, waiting..."],
  [
    { at, kind: "failed", id, reason: "rate_limit_exceeded", again: true },
    "001-x7m failed: rate_limit_exceeded",
  ],
  [
    { at, kind: "failed", id, reason: "\u001b]0;gotcha\u0007\nnext" },
    String.raw`001-x7m failed: \x1b]0;gotcha\x07\nnext`,
  ],
  [retry(60_000), "001-x7m retry scheduled (1/3) in 60s"],
  [retry(67_400), "001-x7m retry scheduled (1/3) in 67s"],
  [retry(50), "001-x7m retry scheduled (1/3) in 50ms"],
  [retry(-50), "001-x7m retry scheduled (1/3) in 0ms"],
  [retry(5 * 3_600_000), "001-x7m retry scheduled (1/3) in 5h 00m"],
  [{ at, kind: "resuming", id }, "001-x7m resuming..."],
  [{ at, kind: "stale_lock_removed", id, pid: 7 }, "001-x7m stale lock removed (process 7 is gone)"],
  [{ at, kind: "stale_pid_file_removed", pid: 7 }, "Stale pid file removed (process 7 is gone)"],
  [{ at, kind: "stale_pid_file_removed" }, "Stale pid file removed"],
  [
    { at, kind: "orphan_cleaned", id, path: "/tmp/chant-1", snapshot: "refs/chant/snapshots/001-x7m/1" },
    "001-x7m orphaned worktree cleaned: /tmp/chant-1, its work is in refs/chant/snapshots/001-x7m/1",
  ],
  [{ at, kind: "orphan_cleaned", path: "/tmp/chant-1" }, "Orphaned worktree cleaned: /tmp/chant-1"],
  [
    { at, kind: "run_recovered", id, path: "/tmp/chant-1" },
    "001-x7m recovered from what its run left in /tmp/chant-1: its record was lost",
  ],
  [{ at, kind: "run_adopted", id, pid: 7 }, "001-x7m adopted (its coordinator, process 7, is gone)"],
  [
    { at, kind: "all_done", landed: 3, failed: 0, attention: 1 },
    "All done: 3 landed, 1 in need of attention",
  ],
  [{ at, kind: "idle_exit", idleMs: 300_000 }, "Idle for 5m 00s, exiting"],
  [{ at, kind: "stopping", signal: "SIGTERM" }, "Stopping on SIGTERM"],
  [
    { at, kind: "stopped_by_failure", id },
    "Stopping: 001-x7m failed for good, and watch.failure.on_permanent_failure is stop",
  ],
  [{ at, kind: "handed_over", version: "1.2.0" }, "Handed over to chant 1.2.0"],
])("%o reads %j", (event, line) => {
  expect(eventLine(event)).toBe(line);
});

test("a line with the local time of day, and one with the time after RFC 3339", () => {
  const event: ChantEvent = { at: new Date(2026, 10, 21, 12, 4, 56).getTime(), kind: "finalizing", id };
  expect(timedLine(event)).toBe("[12:04:56] 001-x7m completed → finalizing");
  const inUtc: ChantEvent = { at: Date.UTC(2026, 10, 21, 12, 4, 56, 7), kind: "resuming", id };
  expect(logLine(inUtc)).toBe("[2026-11-21T12:04:56.007Z] 001-x7m resuming...");
});
