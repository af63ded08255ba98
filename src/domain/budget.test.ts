import fc from "fast-check";
import { expect, test } from "vitest";
import type { LaunchReport } from "./agent-report.ts";
import { overDayBudget, overRunBudget, parseSpending, spentBy, withSpent } from "./budget.ts";

const NONE = { runUsd: 0, runTokens: 0, dayUsd: 0 };

const launch = (n: number, costUsd: number | undefined, more: Partial<LaunchReport> = {}): LaunchReport => ({
  launch: n,
  usage: {
    inputTokens: 100,
    outputTokens: 10,
    cachedTokens: 5_000,
    isCumulative: false,
    ...(costUsd === undefined ? {} : { costUsd }),
  },
  ...more,
});

test("at its budget a run stops, and what is unknown is said to be unknown", () => {
  const two = [launch(1, 0.75), launch(2, 0.5)];
  expect(overRunBudget(NONE, two)).toBeUndefined();
  expect(overRunBudget({ ...NONE, runUsd: 1.26 }, two)).toBeUndefined();
  expect(overRunBudget({ ...NONE, runUsd: 1.25 }, two)).toBe(
    "its budget of $1.25 is used up: $1.25; resume gives it as much again",
  );
  expect(overRunBudget({ ...NONE, runUsd: 1 }, [...two, launch(3, undefined)])).toBe(
    "its budget of $1.00 is used up: $1.25 and what 1 launch cost, which is unknown; resume gives it as much again",
  );
  expect(overRunBudget({ ...NONE, runTokens: 220 }, two)).toBe(
    "its budget of 220 tokens is used up: 220 so far; resume gives it as much again",
  );
  // Of an agent that tells nothing, nothing can be held back.
  expect(overRunBudget({ ...NONE, runUsd: 1, runTokens: 1 }, [{ launch: 1 }])).toBeUndefined();
});

const counter = (n: number, costUsd: number): LaunchReport => {
  const { usage } = launch(n, costUsd);
  return { launch: n, session: "s", ...(usage && { usage: { ...usage, isCumulative: true } }) };
};

test("a person's resume gives as much again; a session's counter is never counted twice", () => {
  const launches = [counter(1, 1), counter(2, 1.8)];
  expect(spentBy(launches).usd).toBe(1.8);
  expect(overRunBudget({ ...NONE, runUsd: 1 }, launches)).toContain("$1.80");
  expect(overRunBudget({ ...NONE, runUsd: 1 }, launches, 1)).toBeUndefined();
  expect(overRunBudget({ ...NONE, runUsd: 1 }, [...launches, counter(3, 2.1)], 1)).toContain("$1.10");
});

test("law: the day's sum is what each run has cost since midnight, however often it is told", () => {
  const steps = fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.integer({ min: 0, max: 100 }), fc.boolean()));
  fc.assert(
    fc.property(steps, (all) => {
      let spending = parseSpending(undefined);
      const total: Record<string, number> = { a: 0, b: 0 };
      let today = 0;
      let day = 1;
      for (const [run, cents, isNextDay] of all) {
        if (isNextDay) {
          day += 1;
          today = 0;
        }
        total[run] = (total[run] ?? 0) + cents;
        today += cents;
        const spent = { usd: total[run], tokens: 0, unknown: 0 };
        spending = withSpent(spending, run, spent, `d${day}`);
        expect(withSpent(spending, run, spent, `d${day}`)).toBe(spending);
        expect(parseSpending(JSON.parse(JSON.stringify(spending)))).toEqual(spending);
      }
      const said = overDayBudget({ ...NONE, dayUsd: 1 }, spending, `d${day}`);
      // A run that was silent for more than a day is counted from its beginning again: never too little.
      if (today >= 1) expect(said).toBeDefined();
      expect(overDayBudget({ ...NONE, dayUsd: 1 }, spending, "another day")).toBeUndefined();
    }),
  );
});

test("the day's budget says what it knows", () => {
  const one = withSpent(parseSpending(null), "r", { usd: 3, tokens: 0, unknown: 2 }, "2026-01-22");
  expect(overDayBudget({ ...NONE, dayUsd: 3 }, one, "2026-01-22")).toBe(
    "the day's budget of $3.00 is used up: $3.00 and what 2 launches cost, which is unknown since midnight, in all repositories",
  );
  expect(overDayBudget({ ...NONE, dayUsd: 3.01 }, one, "2026-01-22")).toBeUndefined();
});
