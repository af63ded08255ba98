import fc from "fast-check";
import { expect, test } from "vitest";
import { summarise } from "../domain/agent-report.ts";
import { failed, type Failure } from "./trouble.ts";

const NOW = Date.UTC(2026, 10, 21, 16);
const reading = { login: "log in with: codex login", nowMs: () => NOW };
const endOf = (failure: Failure) => summarise(failed(failure, reading)).end;

test("a key that is not accepted: no retry, and the reason says what to do", () => {
  expect(endOf({ words: "unexpected status 401 Unauthorized: Incorrect API key provided" })).toEqual({
    isOk: false,
    error: "unexpected status 401 Unauthorized: Incorrect API key provided; log in with: codex login",
    isRetryable: false,
    trouble: "auth",
  });
  expect(endOf({ words: "Not logged in." })).toMatchObject({
    error: "Not logged in; log in with: codex login",
  });
  expect(endOf({ words: "it said no", status: 403 })).toMatchObject({ trouble: "auth" });
});

test("a rate limit passes, at the time that it names", () => {
  expect(endOf({ words: "429 Too Many Requests, retry in 90s" })).toMatchObject({
    isRetryable: true,
    resetsAtMs: NOW + 90_000,
    trouble: "rate_limit",
  });
  expect(endOf({ words: "exceeded retry limit, last status: 429 Too Many Requests" })).toMatchObject({
    isRetryable: true,
    trouble: "rate_limit",
  });
});

test("an account without money is no rate limit, though it has the same status", () => {
  for (const words of ["You exceeded your current quota, please check your plan", "insufficient_quota"]) {
    expect(endOf({ words, status: 429 })).toMatchObject({ isRetryable: false, trouble: "quota" });
  }
  expect(endOf({ words: "Your credit balance is too low", status: 400 })).toMatchObject({ trouble: "quota" });
});

test("a quota that comes back at a time is a rate limit", () => {
  const words = "You exceeded your current quota, please check your plan. Please retry in 3600s.";
  expect(endOf({ words })).toMatchObject({ trouble: "rate_limit", resetsAtMs: NOW + 3_600_000 });
  expect(endOf({ words: "You have exhausted your daily quota on this model." })).toMatchObject({
    trouble: "quota",
    isRetryable: false,
  });
});

test("what a server or a network did passes, and is nobody's account", () => {
  for (const words of [
    "status 500",
    "HTTP 503: unauthorized pool",
    "connect ECONNREFUSED 127.0.0.1:1",
    "Overloaded",
  ]) {
    const end = endOf({ words });
    expect(end).toMatchObject({ isRetryable: true });
    expect(end?.trouble).toBeUndefined();
  }
});

test("of anything else nothing is claimed", () => {
  expect(endOf({ words: "the context is full" })).toEqual({ isOk: false, error: "the context is full" });
  expect(endOf({ words: " " })).toEqual({ isOk: false, error: "it failed without saying why" });
  expect(endOf({ words: "no session", isRetryable: true })).toMatchObject({ isRetryable: true });
});

test("no words make it throw, and none are passed on without end", () => {
  fc.assert(
    fc.property(fc.string(), fc.option(fc.nat(), { nil: undefined }), (words, status) => {
      expect(endOf({ words, status })?.isOk).toBe(false);
    }),
  );
  expect(endOf({ words: "x".repeat(100_000) })?.error?.length).toBeLessThan(2_100);
});
