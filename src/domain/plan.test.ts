import fc from "fast-check";
import { expect, test } from "vitest";
import type { Verdict } from "./judge.ts";
import { type AccountWaits, NO_WAITS } from "./limits.ts";
import {
  type Action,
  MAX_INTERRUPTIONS,
  plan,
  relaunchDelayMs,
  type RunError,
  type RunState,
} from "./plan.ts";

const verdict: fc.Arbitrary<Verdict> = fc.oneof(
  fc.record({ kind: fc.constant("done" as const), noChanges: fc.boolean() }),
  fc.record({
    kind: fc.constantFrom("failed" as const, "attention" as const, "interrupted" as const),
    reason: fc.string(),
  }),
);
const at: fc.Arbitrary<RunState["at"]> = fc.oneof(
  fc.record({ kind: fc.constant("claimed" as const), hasBase: fc.boolean() }),
  fc.record({ kind: fc.constantFrom("running" as const, "parked" as const) }),
  fc.record({ kind: fc.constant("ended" as const), verdict }),
  fc.record({
    kind: fc.constant("ended" as const),
    verdict,
    error: fc.record({ text: fc.constant("rate_limit") }),
  }),
  fc.record({
    kind: fc.constantFrom(
      "orphaned" as const,
      "landing" as const,
      "parking" as const,
      "retiring" as const,
      "pausing" as const,
    ),
    dueMs: fc.nat(100),
  }),
  fc.record({ kind: fc.constant("retrying" as const), dueMs: fc.nat(100) }),
  fc.record({
    kind: fc.constant("retrying" as const),
    dueMs: fc.nat(100),
    isStart: fc.constant(true as const),
  }),
);
const usual = {
  policy: {
    maxRetries: 3,
    retryDelayMs: 60_000,
    backoffMultiplier: 2,
    maxDelayMs: 900_000,
    jitter: 0.2,
    retryablePatterns: ["rate_limit"],
  },
  limits: NO_WAITS,
  random: 0.5,
};
const fresh = { account: "a", retries: 0 };
const runs = fc
  .array(
    fc.record({
      at,
      account: fc.constantFrom("a", "b"),
      retries: fc.nat(4),
      interruptions: fc.nat(5),
      relaunches: fc.nat(12),
    }),
    { maxLength: 30 },
  )
  .map((list): readonly RunState[] => list.map((run, n) => ({ id: `s${n}`, ...run })));

const planOf = (state: RunState["at"]): readonly Action[] =>
  plan({
    ...usual,
    nowMs: 50,
    monotonicMs: 50,
    slots: 0,
    mayStart: true,
    runs: [{ id: "s", ...fresh, interruptions: 0, relaunches: 0, at: state }],
  });

test("what waits for a decision is told once, and then only the decision moves it", () => {
  const shut = { kind: "shut", reason: "not yet" } as const;
  const done = { kind: "done", noChanges: false } as const;
  const hold = [{ kind: "hold", id: "s", reason: "not yet" }];
  expect(planOf({ kind: "ended", verdict: done, gate: shut })).toEqual(hold);
  expect(planOf({ kind: "landing", dueMs: 0, gate: shut })).toEqual(hold);
  expect(planOf({ kind: "landing", dueMs: 0, gate: shut, held: "something else" })).toEqual(hold);
  expect(planOf({ kind: "landing", dueMs: 0, gate: shut, held: "not yet" })).toEqual([]);
  expect(planOf({ kind: "landing", dueMs: 0, gate: { kind: "open" }, held: "not yet" })).toEqual([
    { kind: "land", id: "s" },
  ]);
  expect(planOf({ kind: "landing", dueMs: 0, gate: { kind: "rejected", reason: "no" } })).toEqual([
    { kind: "park", id: "s", status: "needs_attention", reason: "no" },
  ]);
});

test("never more agents at once than there are slots, but for those that are there already", () => {
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 20 }), fc.nat(100), (list, slots, nowMs) => {
      const actions = plan({ ...usual, runs: list, slots, nowMs, monotonicMs: nowMs, mayStart: true });
      const count = (...kinds: readonly string[]): number =>
        actions.filter(({ kind }) => kinds.includes(kind)).length;
      const there =
        list.filter(({ at: { kind } }) => kind === "running" || kind === "orphaned").length +
        list.filter(({ at: it }) => it.kind === "retrying" && it.isStart === true && it.dueMs > nowMs)
          .length +
        count("begin", "again");
      const start = actions.find((action) => action.kind === "start");
      const added = count("resume") + (start?.kind === "start" ? start.atMost : 0);
      if (added > 0) expect(there + added).toBeLessThanOrEqual(slots);
      if (there < slots) expect(added).toBe(slots - there);
    }),
  );
});

test("each run gets at most one action, and a run that is under way or parked none", () => {
  fc.assert(
    fc.property(runs, fc.nat(100), (list, nowMs) => {
      const actions = plan({ ...usual, runs: list, slots: 4, nowMs, monotonicMs: nowMs, mayStart: false });
      for (const run of list) {
        const mine = actions.filter((action) => "id" in action && action.id === run.id);
        const isQuiet =
          run.at.kind === "running" ||
          run.at.kind === "parked" ||
          ("dueMs" in run.at && run.at.dueMs > nowMs);
        if (isQuiet) expect(mine.length).toBe(0);
        else expect(mine.length).toBe(run.at.kind === "retrying" ? mine.length : 1);
        expect(mine.length).toBeLessThanOrEqual(1);
      }
      expect(actions.every((action) => action.kind !== "start")).toBe(true);
    }),
  );
});

test("an interrupted run goes on without an end, but not for ever", () => {
  const ended = { kind: "ended", verdict: { kind: "interrupted", reason: "it was killed" } } as const;
  const first = plan({
    ...usual,
    runs: [{ ...fresh, id: "a", at: ended, interruptions: 0, relaunches: 0 }],
    slots: 1,
    nowMs: 0,
    monotonicMs: 0,
    mayStart: true,
  });
  expect(first).toEqual([{ kind: "again", id: "a", reason: "it was killed" }]);
  const last = plan({
    ...usual,
    runs: [{ ...fresh, id: "a", at: ended, interruptions: MAX_INTERRUPTIONS, relaunches: 0 }],
    slots: 1,
    nowMs: 0,
    monotonicMs: 0,
    mayStart: false,
  });
  expect(last).toEqual([
    { kind: "park", id: "a", status: "failed", reason: "it was killed, 4 times in a row" },
  ]);
});

const starting = (nowMs: number, isStart: boolean): readonly Action[] => {
  const place: RunState["at"] = { kind: "retrying", dueMs: 100, ...(isStart ? { isStart } : {}) };
  const run: RunState = { ...fresh, id: "a", at: place, interruptions: 0, relaunches: 0 };
  return plan({ ...usual, runs: [run], slots: 1, nowMs, monotonicMs: 0, mayStart: true });
};

test("what could not be started keeps its place until it is tried again: nothing burns down the list meanwhile", () => {
  expect(starting(99, true)).toEqual([]);
  expect(starting(100, true)).toEqual([{ kind: "resume", id: "a" }]);
  expect(starting(99, false)).toEqual([{ kind: "start", atMost: 1 }]);
});

const orphaned = (dueMs: number, relaunches: number): readonly Action[] =>
  plan({
    ...usual,
    runs: [{ ...fresh, id: "a", at: { kind: "orphaned", dueMs }, interruptions: 0, relaunches }],
    slots: 1,
    nowMs: 50,
    monotonicMs: 50,
    mayStart: true,
  });

test("a runner that dies again and again is followed at once, then later and later, and not for ever", () => {
  const after = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(relaunchDelayMs);
  expect(after).toEqual([0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(orphaned(51, 2)).toEqual([]);
  expect(orphaned(50, 2)).toEqual([{ kind: "relaunch", id: "a" }]);
  expect(orphaned(50, 9)).toEqual([
    { kind: "park", id: "a", status: "needs_attention", reason: "its runner died 10 times in a row" },
  ]);
});

test("only what was judged done lands", () => {
  fc.assert(
    fc.property(runs, (list) => {
      const actions = plan({ ...usual, runs: list, slots: 4, nowMs: 50, monotonicMs: 50, mayStart: true });
      for (const action of actions) {
        if (action.kind !== "land") continue;
        const run = list.find((each) => each.id === action.id);
        const isDone = run?.at.kind === "ended" && run.at.verdict.kind === "done";
        expect(isDone || run?.at.kind === "landing").toBe(true);
      }
    }),
  );
});

test("a retry that a clock set back would put off for ever is tried after the longest delay", () => {
  const run = { ...fresh, id: "a", interruptions: 0, relaunches: 0 };
  const planned = (dueMs: number, resetsAtMs?: number): readonly Action[] =>
    plan({
      ...usual,
      runs: [{ ...run, at: { kind: "retrying", dueMs, ...(resetsAtMs && { resetsAtMs }) } }],
      slots: 1,
      nowMs: 0,
      monotonicMs: 0,
      mayStart: false,
    });
  expect(planned(900_000)).toEqual([]);
  expect(planned(3_600_000)).toEqual([{ kind: "put_off", id: "a", atMs: 900_000 }]);
  expect(planned(3_600_000, 3_600_000)).toEqual([]);
});

test("what was held back is tried again whatever the wall clock says", () => {
  const run = { ...fresh, id: "a", interruptions: 0, relaunches: 0 };
  const planned = plan({
    ...usual,
    runs: [{ ...run, at: { kind: "landing", dueMs: 5_000 } }],
    slots: 1,
    nowMs: -3_600_000,
    monotonicMs: 5_000,
    mayStart: false,
  });
  expect(planned).toEqual([{ kind: "land", id: "a" }]);
});

const waiting = (dueMs: number, resetsAtMs?: number): RunState => ({
  ...fresh,
  id: "a",
  interruptions: 0,
  relaunches: 0,
  at: { kind: "retrying", dueMs, ...(resetsAtMs === undefined ? {} : { resetsAtMs }) },
});

const plannedWith = (run: RunState, limits: Partial<AccountWaits>): readonly Action[] =>
  plan({
    ...usual,
    runs: [run],
    slots: 1,
    nowMs: 100_000,
    monotonicMs: 0,
    mayStart: false,
    limits: { ...NO_WAITS, ...limits },
  });

test("a retry that is due waits for the limit that another run of its account has met, and no other", () => {
  const run = waiting(50_000);
  expect(plannedWith(run, { until: new Map([["a", 200_000]]) })).toEqual([
    { kind: "put_off", id: "a", atMs: 201_250, resetsAtMs: 200_000 },
  ]);
  expect(plannedWith(run, { until: new Map([["b", 200_000]]) })).toEqual([{ kind: "resume", id: "a" }]);
  expect(plannedWith(run, { until: new Map([["a", 99_000]]) })).toEqual([{ kind: "resume", id: "a" }]);
});

test("a limit that a person clears is waited for no longer, once, and a later one is", () => {
  const run = waiting(3_600_000, 3_590_000);
  expect(plannedWith(run, {})).toEqual([]);
  const cleared = new Map([["a", 3_590_000]]);
  expect(plannedWith(run, { cleared })).toEqual([{ kind: "put_off", id: "a", atMs: 101_250, isFree: true }]);
  expect(plannedWith(waiting(110_000), { cleared })).toEqual([]);
  expect(plannedWith(waiting(3_700_000, 3_699_000), { cleared })).toEqual([]);
});

test("a program that was silent under a limit is tried again when that ends", () => {
  const silent: Verdict = { kind: "failed", reason: "no sign of life" };
  const run = (error: RunError): RunState => ({
    ...waiting(0),
    at: { kind: "ended", verdict: silent, error },
  });
  const until = new Map([["a", 200_000]]);
  expect(plannedWith(run({ text: "", isStalled: true }), { until })).toMatchObject([
    { kind: "retry", atMs: 201_250, resetsAtMs: 200_000, limit: { isGuess: false } },
  ]);
  expect(plannedWith(run({ text: "" }), { until })).toMatchObject([{ kind: "park" }]);
  expect(plannedWith(run({ text: "", isStalled: true }), {})).toMatchObject([{ kind: "park" }]);
});

test("without a time of the provider's all runs of the account wait as long as the one that met the limit", () => {
  const limited: Verdict = { kind: "failed", reason: "429" };
  const error: RunError = { text: "", isRetryable: true, trouble: "rate_limit" };
  const [action] = plannedWith({ ...waiting(0), at: { kind: "ended", verdict: limited, error } }, {});
  expect(action).toMatchObject({
    kind: "retry",
    atMs: 160_000,
    limit: { kind: "rate_limit", untilMs: 160_000, isGuess: true },
  });
  expect(action).not.toHaveProperty("resetsAtMs");
});

const parked = (reason: string): unknown => [{ kind: "park", id: "a", status: "needs_attention", reason }];

test("a run whose budget is used up goes on by nobody's word but a person's; what is done lands", () => {
  const overBudget = "its budget is used up";
  const ended = (verdict_: Verdict, error?: RunError): RunState => ({
    ...waiting(0),
    at: { kind: "ended", verdict: verdict_, overBudget, ...(error === undefined ? {} : { error }) },
  });
  const failedAgain = ended({ kind: "failed", reason: "503" }, { text: "", isRetryable: true });
  expect(plannedWith(failedAgain, {})).toEqual(parked("503; its budget is used up"));
  expect(plannedWith(ended({ kind: "interrupted", reason: "killed" }), {})).toEqual(
    parked("killed; its budget is used up"),
  );
  expect(plannedWith({ ...waiting(0), at: { kind: "retrying", dueMs: 0, overBudget } }, {})).toEqual(
    parked(overBudget),
  );
  expect(plannedWith(ended({ kind: "done", noChanges: false }), {})).toEqual([{ kind: "land", id: "a" }]);
  expect(plannedWith(ended({ kind: "failed", reason: "no" }), {})).toMatchObject([{ status: "failed" }]);
});

const quota = (more: object = {}): RunState => ({
  ...waiting(0),
  at: {
    kind: "ended",
    verdict: { kind: "failed", reason: "no credit" },
    error: { text: "", isRetryable: false, trouble: "quota" },
    ...more,
  },
});

test("a quota that is used up hands the run to another agent, else to a person; all others of the account wait", () => {
  const limit = { kind: "quota", untilMs: 3_700_000, isGuess: true };
  expect(plannedWith(quota(), {})).toEqual([
    { kind: "park", id: "a", status: "failed", reason: "no credit", limit },
  ]);
  const fallback = { name: "other", account: { id: "b", by: "a key" } };
  expect(plannedWith(quota({ fallback }), {})).toEqual([
    { kind: "retry", id: "a", n: 1, of: 3, atMs: 100_000, reason: "no credit", limit, agent: fallback },
  ]);
});

test("what was cut off while its account is limited waits as well, in the same attempt", () => {
  const cut: RunState = {
    ...waiting(0),
    at: { kind: "ended", verdict: { kind: "interrupted", reason: "killed" } },
  };
  expect(plannedWith(cut, { until: new Map([["a", 200_000]]) })).toEqual([
    {
      kind: "retry",
      id: "a",
      n: 0,
      of: 3,
      atMs: 201_250,
      reason: "killed",
      resetsAtMs: 200_000,
      isSameAttempt: true,
    },
  ]);
  expect(plannedWith(cut, { until: new Map([["b", 200_000]]) })).toEqual([
    { kind: "again", id: "a", reason: "killed" },
  ]);
});
