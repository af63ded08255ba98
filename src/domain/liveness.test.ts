import fc from "fast-check";
import { expect, test } from "vitest";
import { Heartbeats } from "./liveness.ts";

const HOUR_MS = 3_600_000;
const LIMITS = { staleAfterMs: 60_000, maxGapMs: 20_000 } as const;

/** Looks at one heartbeat after so many milliseconds each; the counters are those that it has then. */
function looks(
  ...seen: readonly (readonly [afterMs: number, counter: string | undefined])[]
): readonly boolean[] {
  const heartbeats = new Heartbeats(LIMITS);
  let nowMs = 0;
  return seen.map(([afterMs, counter]) => {
    nowMs += afterMs;
    return heartbeats.look(new Map([["a", counter]]), nowMs).has("a");
  });
}

const every15s = (...counters: readonly (string | undefined)[]): readonly boolean[] =>
  looks(...counters.map((counter) => [15_000, counter] as const));

test("a heartbeat is stale once it was watched for that long without a change", () => {
  expect(every15s("1", "1", "1", "1", "1", "1")).toEqual([false, false, false, false, true, true]);
  expect(every15s("1", "1", "1", "1", "2", "2")).toEqual(Array(6).fill(false));
  expect(every15s("1", "1", "1", "1", "1", "2")).toEqual([false, false, false, false, true, false]);
});

test("one that is missing does not change either; one that comes back is a change", () => {
  expect(every15s(...Array<undefined>(5))).toEqual([false, false, false, false, true]);
  expect(every15s("1", "1", undefined, "1", "1", "1")).toEqual(Array(6).fill(false));
});

test("after a gap the watching starts anew", () => {
  const still: (readonly [number, string])[] = Array.from({ length: 5 }, () => [15_000, "1"]);
  expect(looks([0, "1"], [8 * HOUR_MS, "1"], ...still)).toEqual([
    false,
    false,
    false,
    false,
    false,
    true,
    true,
  ]);
  expect(looks(...still, [20_001, "1"], [0, "1"]).slice(4)).toEqual([true, false, false]);
});

test("a counter that was not looked at meanwhile was not watched", () => {
  const heartbeats = new Heartbeats(LIMITS);
  const seen = new Map([["a", "1"]]);
  for (let nowMs = 0; nowMs <= 45_000; nowMs += 15_000) heartbeats.look(seen, nowMs);
  heartbeats.look(new Map(), 50_000);
  expect(heartbeats.look(seen, 60_000)).toEqual(new Set());
});

test("a wall clock that jumps an hour forward and back makes nothing stale", () => {
  const heartbeats = new Heartbeats(LIMITS);
  const jumpsMs = [0, HOUR_MS, HOUR_MS, -HOUR_MS, 0, -2 * HOUR_MS, 2 * HOUR_MS];
  for (const [turn, jumpMs] of jumpsMs.entries()) {
    // Its writer notes the wall time: what counts is that it is another one than before.
    const written = String(1_800_000_000_000 + jumpMs + turn * 15_000);
    expect(heartbeats.look(new Map([["a", written]]), turn * 15_000)).toEqual(new Set());
  }
});

test("law: stale is exactly what a look-on without a gap saw unchanged for that long", () => {
  const steps = fc.array(
    fc.record({
      afterMs: fc.integer({ min: 0, max: 21_000 }),
      counter: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(steps, (history) => {
      const found = looks(...history.map(({ afterMs, counter }) => [afterMs, String(counter)] as const));
      expect(found).toEqual(
        history.map((last, at) => {
          let quietMs = 0;
          for (let from = at; from > 0; from -= 1) {
            const step = history[from];
            if (step === undefined || step.afterMs > LIMITS.maxGapMs) return false;
            if (history[from - 1]?.counter !== last.counter) return false;
            quietMs += step.afterMs;
            if (quietMs >= LIMITS.staleAfterMs) return true;
          }
          return false;
        }),
      );
    }),
  );
});
