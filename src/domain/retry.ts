/*
 * A run that failed is tried again when its provider says that this helps, or when its error has one of the patterns in
 * it. The provider's own reset time wins over the computed delay, and whatever waits for one reset starts spread.
 */

/** When a failed run is tried again, as `watch.failure` of the config says. */
export interface RetryPolicy {
  readonly maxRetries: number;
  readonly retryDelayMs: number;
  readonly backoffMultiplier: number;
  readonly maxDelayMs: number;
  /** From 0 to 1. */
  readonly jitter: number;
  readonly retryablePatterns: readonly string[];
}

/** What is known about a run that has just failed. */
export interface Failure {
  /** How often it has failed in a row, this time included; from 1. */
  readonly failures: number;
  readonly policy: RetryPolicy;
  readonly errorText: string;
  /** What its provider says, where it says anything. */
  readonly providerRetryable?: boolean | undefined;
  /** When the provider's limit ends, as wall time. */
  readonly resetsAtMs?: number | undefined;
  /** Wall time. */
  readonly nowMs: number;
  /** From 0 to 1. */
  readonly random: number;
}

/** What is to become of it. Times are wall time, `why` and `reason` clauses without a capital or a period. */
export type Retry =
  | {
      readonly kind: "retry";
      /** Which retry of how many, from 1. */
      readonly n: number;
      readonly of: number;
      readonly atMs: number;
      /** Whether the time is the provider's own: all runs of its account wait for it. */
      readonly isReset: boolean;
      readonly why: string;
    }
  | { readonly kind: "permanent"; readonly reason: string };

/** After a limit has ended, what waited for it starts one after the other: so many milliseconds for each, at most that many in all. */
export const SPREAD_EACH_MS = 2_500;
export const SPREAD_MS = 20_000;

/** The furthest that a provider's reset time is believed to be away, in milliseconds. */
export const MAX_RESET_MS = 24 * 60 * 60_000;

/** Decides whether and when a failed run is tried again. */
export function nextRetry(failure: Failure): Retry {
  const { failures: n, policy, nowMs } = failure;
  const why = whyAgain(failure);
  if (why === undefined) {
    const reason =
      failure.providerRetryable === false
        ? "its provider says that trying again does not help"
        : "nothing in its error says that trying again helps";
    return { kind: "permanent", reason };
  }
  const isReset = isAhead(failure.resetsAtMs, nowMs);
  const { maxRetries } = policy;
  // A limit is no fault of the run's: it is waited for as often as it takes, but then never in a hurry.
  const isOut = n > maxRetries;
  if (isOut && (maxRetries === 0 || !isReset)) return { kind: "permanent", reason: exhausted(maxRetries) };
  const backoffMs = nowMs + retryDelayMs({ retry: n, policy, random: failure.random });
  const wantedMs = !isReset ? backoffMs : Math.max(failure.resetsAtMs, isOut ? backoffMs : 0);
  const atMs = clampRetryAt({ atMs: wantedMs, nowMs, policy, isReset });
  return { kind: "retry", n: Math.min(n, maxRetries), of: maxRetries, atMs, isReset, why };
}

function whyAgain(failure: Failure): string | undefined {
  if (failure.providerRetryable === false) return undefined;
  if (isAhead(failure.resetsAtMs, failure.nowMs)) return "its provider's limit ends then";
  if (failure.providerRetryable === true) return "its provider says that trying again helps";
  const pattern = isRetryable(failure.errorText, failure.policy.retryablePatterns);
  return pattern === undefined ? undefined : `its error says ${JSON.stringify(pattern)}`;
}

const exhausted = (maxRetries: number): string => {
  if (maxRetries === 0) return "watch.failure.max_retries is 0";
  return maxRetries === 1 ? "the one retry did not help" : `${maxRetries} retries did not help`;
};

const isAhead = (atMs: number | undefined, nowMs: number): atMs is number =>
  atMs !== undefined && atMs > nowMs;

/** Returns the first pattern that is part of an error's text, capital or small; undefined when none is. */
export function isRetryable(errorText: string, patterns: readonly string[]): string | undefined {
  const text = errorText.toLowerCase();
  return patterns.find((pattern) => pattern !== "" && text.includes(pattern.toLowerCase()));
}

/**
 * Returns the wait before a retry, in whole milliseconds from 0 to the policy's longest: the first delay, longer by the
 * multiplier each time, varied up and down by the jitter. `random` runs from 0 to 1.
 * @throws RangeError when `retry` is not a whole number from 1.
 */
export function retryDelayMs(options: {
  readonly retry: number;
  readonly policy: RetryPolicy;
  readonly random: number;
}): number {
  const { retry, policy, random } = options;
  if (!Number.isSafeInteger(retry) || retry < 1) throw new RangeError(`There is no retry number ${retry}.`);
  const { retryDelayMs: firstMs, backoffMultiplier, maxDelayMs, jitter } = policy;
  // The power may be infinite, and nothing times that is no number.
  const fullMs = firstMs === 0 ? 0 : Math.min(maxDelayMs, firstMs * backoffMultiplier ** (retry - 1));
  const variedMs = fullMs * (1 + jitter * (2 * random - 1));
  return Math.max(0, Math.min(maxDelayMs, Math.round(variedMs)));
}

/**
 * Returns a stored retry time as far as it can be believed: at most the longest delay from now, a provider's reset at
 * most a day, since the clock may have been set back after it was stored. Write the result down in its place: clamped
 * again at every look, it would move on with the clock.
 */
export function clampRetryAt(options: {
  readonly atMs: number;
  readonly nowMs: number;
  readonly policy: RetryPolicy;
  readonly isReset: boolean;
}): number {
  const { atMs, nowMs, policy, isReset } = options;
  if (Number.isNaN(atMs)) return nowMs;
  return Math.min(atMs, nowMs + (isReset ? MAX_RESET_MS : policy.maxDelayMs));
}

/**
 * Returns how long number `index` (from 0) of `count` runs that wait for the same reset stays behind it, in whole
 * milliseconds up to `windowMs`: each in a part of the window of its own, so that they never start in one burst.
 */
export const spreadAfterReset = (count: number, index: number, windowMs: number, random: number): number =>
  Math.floor(((index + random) * windowMs) / count);
