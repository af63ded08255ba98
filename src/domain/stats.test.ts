import fc from "fast-check";
import { expect, test } from "vitest";
import { type LaunchReport, totalUsage } from "./agent-report.ts";
import type { AttemptEnd } from "./history.ts";
import { type LandedSpec, statsOf } from "./stats.ts";

const DAY_MS = 86_400_000;
const NOON_MS = new Date(2026, 0, 10, 12).getTime();
const NOW_MS = NOON_MS + 10 * DAY_MS;

const used = fc.record({
  inputTokens: fc.nat(1000),
  outputTokens: fc.nat(1000),
  cachedTokens: fc.nat(1000),
  isCumulative: fc.boolean(),
});
const end = fc.record({
  session: fc.constantFrom("s1", "s2"),
  days: fc.nat(9),
  attempt: fc.integer({ min: 1, max: 3 }),
  verdict: fc.constantFrom("done", "failed", "attention", "interrupted"),
  usage: fc.option(used, { nil: undefined }),
  cost: fc.option(fc.nat(500), { nil: undefined }),
});

/** Launches of some runs, of programs that either always know a cost or never. */
const attemptsOf = (
  runs: readonly (readonly (typeof end extends fc.Arbitrary<infer T> ? T : never)[])[],
): AttemptEnd[] =>
  runs.flatMap((launches, run) =>
    launches.map(({ session, days, attempt, verdict, usage, cost }, at) => ({
      id: "2026-01-01-001-aaa",
      run: `r${run}`,
      launch: at + 1,
      attempt,
      agent: "claude",
      session,
      endedAtMs: NOON_MS + days * DAY_MS,
      verdict,
      ...(usage === undefined
        ? {}
        : { usage: { ...usage, ...(run % 2 === 0 || cost === undefined ? {} : { costUsd: cost }) } }),
    })),
  );
const attempts = fc.array(fc.array(end, { maxLength: 6 }), { maxLength: 4 }).map(attemptsOf);

const reportsOf = (all: readonly AttemptEnd[], run: string): LaunchReport[] =>
  all
    .filter((each) => each.run === run)
    .map(({ launch, session, usage }) => ({
      launch,
      ...(session === undefined ? {} : { session }),
      ...(usage === undefined ? {} : { usage }),
    }));

test("tokens by day add up to what each run took in all: no counter is summed twice", () => {
  fc.assert(
    fc.property(attempts, (all) => {
      const stats = statsOf({ landed: [], attempts: all, sinceMs: 0, nowMs: NOW_MS });
      const totals = [...new Set(all.map(({ run }) => run))].map((run) => totalUsage(reportsOf(all, run)));
      for (const key of ["inputTokens", "outputTokens", "cachedTokens"] as const) {
        const expected = totals.reduce((sum, total) => sum + (total?.[key] ?? 0), 0);
        expect(stats.usage[key]).toBe(expected);
        expect(stats.days.reduce((sum, { usage }) => sum + usage[key], 0)).toBe(expected);
      }
      // Where no part is unknown, so is the whole.
      if (stats.usage.unknownCosts === 0 && all.every(({ usage }) => usage !== undefined)) {
        expect(stats.usage.costUsd).toBe(totals.reduce((sum, total) => sum + (total?.costUsd ?? 0), 0));
      }
    }),
  );
});

test("the order of lines does not matter, and counts are those of the ends", () => {
  fc.assert(
    fc.property(attempts, (all) => {
      const facts = { landed: [], sinceMs: 0, nowMs: NOW_MS };
      const stats = statsOf({ ...facts, attempts: all });
      expect(statsOf({ ...facts, attempts: all.toReversed() })).toEqual(stats);
      const counted = stats.agents.reduce((sum, { ends }) => sum + (ends?.all ?? 0), 0);
      expect(counted).toBe(all.length);
      for (const { ends } of stats.agents) {
        if (ends?.success === undefined) continue;
        expect(ends.success).toBeGreaterThanOrEqual(0);
        expect(ends.success).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test("landings by day add up, and of lead times the 90th percentile is not below the median", () => {
  const landing = fc.record({ days: fc.nat(9), tookMs: fc.nat(DAY_MS) });
  fc.assert(
    fc.property(fc.array(landing), (all) => {
      const landed = all.map(({ days, tookMs }, n): LandedSpec => {
        const atMs = NOON_MS + days * DAY_MS;
        return { id: `s${n}`, atMs, writtenAtMs: atMs - tookMs };
      });
      const stats = statsOf({ landed, attempts: [], sinceMs: 0, nowMs: NOW_MS });
      expect(stats.days.reduce((sum, day) => sum + day.landed, 0)).toBe(landed.length);
      const spread = stats.fromWritten;
      expect(spread?.count ?? 0).toBe(landed.length);
      if (spread !== undefined) expect(spread.p90Ms).toBeGreaterThanOrEqual(spread.medianMs);
    }),
  );
});

test("without a journal git alone answers: what it does not know is unknown, not nothing", () => {
  const landed: LandedSpec[] = [
    {
      id: "a",
      atMs: NOON_MS,
      run: "r1",
      agent: "claude",
      model: "opus",
      usage: { inputTokens: 5, outputTokens: 6 },
    },
    { id: "b", atMs: NOON_MS + 1, agent: "mine" },
  ];
  const stats = statsOf({ landed, attempts: [], sinceMs: NOON_MS, nowMs: NOON_MS + 2 * DAY_MS });
  expect(stats).toMatchObject({ landed: 2, landedPerDay: 1, landedPerWeek: 7 });
  expect(stats.retries).toBeUndefined();
  expect(stats.agents).toEqual([
    { agent: "claude", model: "opus", landed: 1 },
    { agent: "mine", landed: 1 },
  ]);
  expect(stats.usage).toEqual({
    inputTokens: 5,
    outputTokens: 6,
    cachedTokens: 0,
    costUsd: 0,
    unknownCosts: 2,
    unknownTokens: 1,
  });
});

test("a run that the journal knows is not counted once more from its spec", () => {
  const [one] = attemptsOf([
    [
      {
        session: "s1",
        days: 0,
        attempt: 2,
        verdict: "done",
        usage: { inputTokens: 7, outputTokens: 0, cachedTokens: 0, isCumulative: false },
        cost: undefined,
      },
    ],
  ]);
  const landed: LandedSpec = { id: "a", atMs: NOON_MS, run: "r0", usage: { inputTokens: 7 } };
  const stats = statsOf({
    landed: [landed],
    attempts: one === undefined ? [] : [one],
    sinceMs: 0,
    nowMs: NOW_MS,
  });
  expect([stats.usage.inputTokens, stats.retries]).toEqual([7, 1]);
});
