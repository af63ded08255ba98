import { expect, test } from "vitest";
import { goingOn, pausing } from "./go-on.ts";
import type { LaunchEnd } from "./launch.ts";
import type { RunRecord } from "./record.ts";

const RECORD: RunRecord = {
  version: 1,
  id: "001",
  run: "r",
  phase: "running",
  title: "A",
  type: "code",
  owner: { pid: 1, startedAt: "1", bootId: "b", host: "h" },
  target: "refs/heads/main",
  branch: "chant/001",
  agent: "a",
  createdAtMs: 0,
  attempt: 2,
  interruptions: 1,
  relaunches: 0,
  launch: 3,
  worktree: "/w",
  adminDir: "/a",
};
const end = (verdict: LaunchEnd["verdict"]): LaunchEnd => ({
  version: 1,
  agent: { kind: "unknown" },
  verdict,
  tip: "t",
  commits: [],
});
const CUT_OFF = end({ kind: "interrupted", reason: "the agent was ended by SIGTERM" });

/** As `pause` leaves it. */
function paused(record: RunRecord): RunRecord {
  const reason = "a person paused it";
  return {
    ...pausing(record, 5),
    phase: "parked",
    parked: { status: "paused", reason, atMs: 5, isPublished: true },
  };
}

test("paused in the middle of an attempt: the agent goes on with that attempt", () => {
  const next = goingOn(paused(RECORD), CUT_OFF, 9);
  expect(next).toMatchObject({ phase: "retrying", isSameAttempt: true, retry: { atMs: 9 } });
  expect(next).toMatchObject({ attempt: 2, missing: "a person paused it" });
  expect(next.parked).toBeUndefined();
  expect(next.pause).toBeUndefined();
});

test("paused when its agent had just ended by itself: that end is judged as it was", () => {
  const done = end({ kind: "done", noChanges: false });
  expect(goingOn(paused(RECORD), done, 9)).toMatchObject({ phase: "running", launch: 3 });
});

test("paused while its checks ran: nothing but the judgement is done once more, and no agent starts", () => {
  const unchecked = { ...end({ kind: "interrupted", reason: "stopped" }), isUnchecked: true } as const;
  const next = goingOn(paused(RECORD), unchecked, 9);
  expect(next).toMatchObject({ phase: "retrying", isSameAttempt: true, judgeOnly: {}, retry: { atMs: 9 } });
  expect(next.missing).toBeUndefined();
});

test("paused while it waited for another try to start it: that start is due, and no attempt is used up", () => {
  const before = { n: 1, of: 3, atMs: 2, reason: "rate_limit" };
  const retry = { n: 4, of: 11, atMs: 99, reason: "git failed", start: { before } };
  const waiting: RunRecord = {
    ...RECORD,
    phase: "retrying",
    retry,
    isSameAttempt: true,
    missing: "rate_limit",
  };
  const failed = end({ kind: "failed", reason: "rate_limit" });
  const next = goingOn(paused(waiting), failed, 9);
  expect(next).toMatchObject({ phase: "retrying", isSameAttempt: true, attempt: 2, missing: "rate_limit" });
  expect(next.retry).toMatchObject({ n: 1, of: 3, atMs: 9 });
  const { worktree: _worktree, adminDir: _adminDir, ...first } = waiting;
  expect(goingOn(paused(first), undefined, 9)).toMatchObject({ phase: "claimed" });
});

test("a retry that was waited for is due, keeps its number and its reason, and is an attempt of its own", () => {
  const retry = { n: 2, of: 3, atMs: 99, reason: "rate_limit" };
  const next = goingOn(paused({ ...RECORD, phase: "retrying", retry, missing: "rate_limit" }), CUT_OFF, 9);
  expect(next).toMatchObject({ phase: "retrying", retry: { n: 2, of: 3, atMs: 9 }, missing: "rate_limit" });
  expect(next.isSameAttempt).toBeUndefined();
});

test("a landing that waited is judged once more, without an agent", () => {
  const next = goingOn(paused({ ...RECORD, phase: "landing" }), end({ kind: "done", noChanges: false }), 9);
  expect(next).toMatchObject({ phase: "retrying", judgeOnly: {} });
});

test("what a person took over goes back to the agent, whatever it was about before", () => {
  const taken = { ...paused({ ...RECORD, phase: "landing" }), takenOver: { by: "Me", atMs: 6 } };
  const next = goingOn(taken, end({ kind: "done", noChanges: false }), 9);
  expect(next).toMatchObject({ phase: "retrying", isSameAttempt: true });
  expect(next.judgeOnly).toBeUndefined();
  expect(next.takenOver).toBeUndefined();
  expect(next.isByHand).toBe(true);
});

test("stopped before it had a worktree: it starts as if for the first time", () => {
  const { worktree: _worktree, adminDir: _adminDir, ...bare } = RECORD;
  expect(goingOn(paused({ ...bare, phase: "claimed" }), undefined, 9)).toMatchObject({ phase: "claimed" });
});

test("paused twice, or resumed and paused before an agent was there: it is about the same still", () => {
  const once = pausing({ ...RECORD, phase: "landing" }, 5);
  expect(pausing(once, 7)).toEqual(once);
  const resumed = goingOn(paused(RECORD), CUT_OFF, 9);
  expect(pausing(resumed, 10).pause).toEqual({ from: "attempt", atMs: 10 });
});

test("one that failed is a new attempt, and its count of retries begins anew", () => {
  const failed: RunRecord = {
    ...RECORD,
    phase: "parked",
    retry: { n: 3, of: 3, atMs: 1, reason: "x" },
    parked: { status: "failed", reason: "it broke", atMs: 2, isPublished: true },
  };
  const next = goingOn(failed, CUT_OFF, 9);
  expect(next).toMatchObject({ phase: "retrying", missing: "it broke", retry: { n: 0, of: 0, atMs: 9 } });
  expect(next.isSameAttempt).toBeUndefined();
});
