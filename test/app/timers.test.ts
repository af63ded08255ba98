import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RunningAgent } from "../../src/app/runner/agent-process.ts";
import { waitForAgent } from "../../src/app/runner/timers.ts";
import { ageMs } from "../../src/host/identity.ts";

const MINUTE_MS = 60_000;
const clock = { nowMs: () => 0, monotonicMs: () => Date.now() };

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

interface Story {
  readonly stallMinutes?: number;
  readonly timeoutMinutes?: number;
  readonly ranMs?: number;
  /** When it prints, in milliseconds. */
  readonly prints?: readonly number[];
  readonly overBudget?: () => Promise<string | undefined>;
  readonly endsAtMs?: number;
}

/** Returns why an agent was ended, and when; nothing where it ended by itself. */
async function endOf(story: Story): Promise<readonly [cut: unknown, atMs: number]> {
  const { stallMinutes = 0, timeoutMinutes = 0, ranMs, prints = [], endsAtMs, overBudget } = story;
  vi.setSystemTime(0);
  const transcript = { lastOutputMs: 0 };
  for (const atMs of prints) setTimeout(() => (transcript.lastOutputMs = atMs), atMs);
  const gone = new Promise<void>((resolve) => {
    if (endsAtMs !== undefined) setTimeout(resolve, endsAtMs);
  });
  const running = { gone } as unknown as RunningAgent;
  const limits = { stallMs: stallMinutes * MINUTE_MS, timeoutMs: timeoutMinutes * MINUTE_MS };
  const cut = waitForAgent(running, transcript, limits, async () => false, clock, overBudget, ranMs).then(
    (end) => [end, Date.now()] as const,
  );
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
  return cut;
}

test("silence is counted from the last line, all of its time from its start", async () => {
  expect(await endOf({ stallMinutes: 1 })).toEqual([{ kind: "stalled", minutes: 1 }, 61_000]);
  expect(await endOf({ stallMinutes: 1, prints: [30_000, 80_000] })).toEqual([
    { kind: "stalled", minutes: 1 },
    141_000,
  ]);
  expect(await endOf({ timeoutMinutes: 2, prints: [30_000, 80_000] })).toEqual([
    { kind: "timed_out", minutes: 2 },
    121_000,
  ]);
  expect(await endOf({ endsAtMs: 9 * MINUTE_MS })).toEqual([undefined, 9 * MINUTE_MS]);
});

const failing = (): Promise<never> => Promise.reject(new Error("ELOOP"));

test("a look that fails says nothing, and ends no runner", async () => {
  const unseen: unknown[] = [];
  const note = (reason: unknown): void => void unseen.push(reason);
  process.on("unhandledRejection", note);
  try {
    expect(await endOf({ overBudget: failing, endsAtMs: MINUTE_MS })).toEqual([undefined, MINUTE_MS]);
    await vi.advanceTimersByTimeAsync(0);
    expect(unseen).toEqual([]);
  } finally {
    process.off("unhandledRejection", note);
  }
});

const processOf = (startedAt: string) => ({ pid: 1, startedAt, bootId: "boot", host: "host" });

test("what it ran under an earlier runner counts", async () => {
  expect(await endOf({ timeoutMinutes: 3, ranMs: 2 * MINUTE_MS })).toEqual([
    { kind: "timed_out", minutes: 3 },
    61_000,
  ]);
});

test("how long it has run is told by one that came later, and by one that was there before", () => {
  const by = (startedAt: string, forMs: number) => ({ identity: processOf(startedAt), ageMs: forMs });
  expect(ageMs(processOf("1000"), by("13000", 0))).toBe(120_000);
  expect(ageMs(processOf("1000"), by("13000", 5_000))).toBe(125_000);
  expect(ageMs(processOf("13000"), by("1000", 180_000))).toBe(60_000);
  expect(ageMs(processOf("13000"), by("1000", 0))).toBe(0);
  expect(ageMs({ ...processOf("1000"), bootId: "another" }, by("13000", 0))).toBe(0);
  const atTen = processOf("Thu Jan 22 10:00:00 2026");
  expect(ageMs(atTen, by("Thu Jan 22 10:01:00 2026", 1_000))).toBe(61_000);
});

const overBudget = async (): Promise<string | undefined> => (Date.now() > 5_000 ? "used up" : undefined);

test("a budget that is used up ends it, when that may be", async () => {
  expect(await endOf({ overBudget })).toEqual([{ kind: "over_budget", reason: "used up" }, 6_000]);
});
