import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { law } from "../../test/kit/law.ts";
import { DEFAULT_CONFIG } from "./config.ts";
import {
  clampRetryAt,
  type Failure,
  isRetryable,
  MAX_RESET_MS,
  nextRetry,
  retryDelayMs,
  type RetryPolicy,
  spreadAfterReset,
} from "./retry.ts";

const policy: RetryPolicy = DEFAULT_CONFIG.watch.failure;
const NOW_MS = 1_800_000_000_000;
const middle = 0.5;

const failure = (changes: Partial<Failure> = {}): Failure => ({
  failures: 1,
  policy,
  errorText: "rate_limit_exceeded",
  nowMs: NOW_MS,
  random: middle,
  ...changes,
});

test.each([
  ["Error: RATE_LIMIT_EXCEEDED", "rate_limit"],
  ["connect ETIMEDOUT: Timeout of 5s", "timeout"],
  ["curl: (7) Connection refused", "connection refused"],
  ["HTTP 503", "503"],
  ["timeout after a 503", "timeout"],
  ["rate limit", undefined],
  ["", undefined],
])("isRetryable: %j has %j in it", (text, pattern) => {
  expect(isRetryable(text, policy.retryablePatterns)).toBe(pattern);
});

test("a pattern is plain text, and nothing is in everything", () => {
  expect(isRetryable("abc", ["a.c"])).toBeUndefined();
  expect(isRetryable("a.c (", ["A.C ("])).toBe("A.C (");
  expect(isRetryable("abc", [""])).toBeUndefined();
});

const delays = (random: number): readonly number[] =>
  [1, 2, 3, 4, 5, 6].map((retry) => retryDelayMs({ retry, policy, random }));

test("the delays of the defaults, in the middle of the jitter and at its ends", () => {
  expect(delays(middle)).toEqual([60_000, 120_000, 240_000, 480_000, 900_000, 900_000]);
  expect(delays(0)).toEqual([48_000, 96_000, 192_000, 384_000, 720_000, 720_000]);
  expect(delays(1)).toEqual([72_000, 144_000, 288_000, 576_000, 900_000, 900_000]);
});

test.each([0, -1, 1.5, Number.NaN])("there is no retry number %s", (retry) => {
  expect(() => retryDelayMs({ retry, policy, random: 0 })).toThrow(RangeError);
});

const policies: fc.Arbitrary<RetryPolicy> = fc.record({
  maxRetries: fc.integer({ min: 0, max: 100 }),
  retryDelayMs: fc.integer({ min: 0, max: 86_400_000 }),
  backoffMultiplier: fc.double({ min: 1, max: 100, noNaN: true }),
  maxDelayMs: fc.integer({ min: 0, max: 86_400_000 }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  retryablePatterns: fc.constant(["x"]),
});
const randoms = fc.double({ min: 0, max: 1, noNaN: true });
const retries = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 2 ** 40 }));

describe("laws of retryDelayMs", () => {
  test("a whole number from 0 to the longest, and the same for the same random", async () => {
    await law(
      "backoff",
      5_000,
      fc.property(policies, retries, randoms, (some, retry, random) => {
        const delayMs = retryDelayMs({ retry, policy: some, random });
        expect(Number.isSafeInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(some.maxDelayMs);
        expect(retryDelayMs({ retry, policy: some, random })).toBe(delayMs);
      }),
    );
  });

  test("never shorter for a later retry, nor for a larger random", async () => {
    await law(
      "backoff",
      5_000,
      fc.property(policies, retries, retries, randoms, randoms, (some, a, b, r, s) => {
        const delay = (retry: number, random: number): number =>
          retryDelayMs({ retry, policy: some, random });
        expect(delay(Math.max(a, b), r)).toBeGreaterThanOrEqual(delay(Math.min(a, b), r));
        expect(delay(a, Math.max(r, s))).toBeGreaterThanOrEqual(delay(a, Math.min(r, s)));
      }),
    );
  });

  test("never further from the plain delay than the jitter says", async () => {
    await law(
      "backoff",
      5_000,
      fc.property(policies, retries, randoms, (some, retry, random) => {
        const plainMs = retryDelayMs({ retry, policy: { ...some, jitter: 0 }, random });
        const delayMs = retryDelayMs({ retry, policy: some, random });
        // Both are rounded to whole milliseconds.
        expect(Math.abs(delayMs - plainMs)).toBeLessThanOrEqual((plainMs + 0.5) * some.jitter + 1);
      }),
    );
  });
});

test("a failure that a pattern matches is tried again, so many times", () => {
  const why = 'its error says "rate_limit"';
  const once = { kind: "retry", of: 3, isReset: false, why };
  expect(nextRetry(failure())).toEqual({ ...once, n: 1, atMs: NOW_MS + 60_000 });
  expect(nextRetry(failure({ failures: 3 }))).toEqual({ ...once, n: 3, atMs: NOW_MS + 240_000 });
  expect(nextRetry(failure({ failures: 4 }))).toEqual({
    kind: "permanent",
    reason: "3 retries did not help",
  });
});

test.each<[string, Partial<Failure>, string]>([
  ["no pattern matches", { errorText: "syntax error" }, "nothing in its error says that trying again helps"],
  [
    "the provider knows better than a pattern",
    { providerRetryable: false },
    "its provider says that trying again does not help",
  ],
  ["retries are off", { policy: { ...policy, maxRetries: 0 } }, "watch.failure.max_retries is 0"],
  ["one retry was all", { failures: 2, policy: { ...policy, maxRetries: 1 } }, "the one retry did not help"],
])("for good: %s", (_, changes, reason) => {
  expect(nextRetry(failure(changes))).toEqual({ kind: "permanent", reason });
});

test("the provider's word is enough, and its reset time wins over the delay", () => {
  const errorText = "usage limit reached";
  expect(nextRetry(failure({ errorText, providerRetryable: true }))).toMatchObject({
    atMs: NOW_MS + 60_000,
    isReset: false,
    why: "its provider says that trying again helps",
  });
  const reset = (resetsAtMs: number): unknown => nextRetry(failure({ errorText, resetsAtMs }));
  expect(reset(NOW_MS + 1000)).toMatchObject({ atMs: NOW_MS + 1000, isReset: true });
  expect(reset(NOW_MS + 5 * 3_600_000)).toMatchObject({ n: 1, atMs: NOW_MS + 5 * 3_600_000 });
  expect(reset(NOW_MS + 9 * MAX_RESET_MS)).toMatchObject({ atMs: NOW_MS + MAX_RESET_MS });
  // A reset that is over says nothing any more: what was retryable waits for its delay.
  expect(reset(NOW_MS)).toMatchObject({ kind: "permanent" });
  expect(nextRetry(failure({ resetsAtMs: NOW_MS - 1 }))).toMatchObject({ atMs: NOW_MS + 60_000 });
});

test("laws of nextRetry: it never goes past the last retry, nor back in time, nor too far ahead", async () => {
  const failures: fc.Arbitrary<Failure> = fc.record({
    failures: fc.integer({ min: 1, max: 200 }),
    policy: policies,
    errorText: fc.constantFrom("x", "y"),
    providerRetryable: fc.constantFrom(undefined, true, false),
    resetsAtMs: fc.option(fc.oneof(fc.integer(), fc.double()), { nil: undefined }),
    nowMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    random: randoms,
  });
  await law(
    "backoff",
    4_000,
    fc.property(failures, (some) => {
      const next = nextRetry(some);
      expect(nextRetry(some)).toEqual(next);
      const isOut = some.failures > some.policy.maxRetries;
      // A limit of the account is waited for as often as it takes.
      if (isOut && next.kind === "retry") expect(next.isReset && some.policy.maxRetries > 0).toBe(true);
      if (next.kind === "permanent") return;
      expect(next.n).toBe(Math.min(some.failures, some.policy.maxRetries));
      expect(next.n).toBeLessThanOrEqual(next.of);
      expect(next.atMs).toBeGreaterThanOrEqual(some.nowMs);
      const farthestMs = next.isReset ? MAX_RESET_MS : some.policy.maxDelayMs;
      expect(next.atMs).toBeLessThanOrEqual(some.nowMs + farthestMs);
    }),
  );
});

test("a stored time is believed as far as a delay, or a reset, can reach", () => {
  const clamp = (atMs: number, isReset = false): number =>
    clampRetryAt({ atMs, nowMs: NOW_MS, policy, isReset }) - NOW_MS;
  expect(clamp(NOW_MS + 5)).toBe(5);
  expect(clamp(NOW_MS - 5)).toBe(-5);
  expect(clamp(NOW_MS + 3_600_000)).toBe(900_000);
  expect(clamp(NOW_MS + 3_600_000, true)).toBe(3_600_000);
  expect(clamp(Number.POSITIVE_INFINITY, true)).toBe(MAX_RESET_MS);
  expect(clamp(Number.NaN)).toBe(0);
});

test("law of spreadAfterReset: each run starts in a part of the window of its own, in order", async () => {
  await law(
    "backoff",
    1_000,
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1000, max: 3_600_000 }),
      fc.infiniteStream(randoms),
      (count, windowMs, random) => {
        for (let index = 0; index < count; index += 1) {
          const { value } = random.next() as { value: number };
          const offsetMs = spreadAfterReset(count, index, windowMs, value);
          const isInItsPart =
            offsetMs >= Math.floor((index * windowMs) / count) &&
            offsetMs <= ((index + 1) * windowMs) / count;
          expect({ index, offsetMs, isInItsPart: isInItsPart && Number.isSafeInteger(offsetMs) }).toEqual({
            index,
            offsetMs,
            isInItsPart: true,
          });
        }
      },
    ),
  );
  expect(spreadAfterReset(1, 0, 60_000, 0)).toBe(0);
});
