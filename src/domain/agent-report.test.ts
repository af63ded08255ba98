import fc from "fast-check";
import { expect, test } from "vitest";
import type { AgentEvent, TokenUsage } from "./agent-event.ts";
import { type AgentReport, endByReport, type LaunchReport, summarise, totalUsage } from "./agent-report.ts";

const usage: fc.Arbitrary<TokenUsage> = fc
  .record({
    inputTokens: fc.nat(1000),
    outputTokens: fc.nat(1000),
    cachedTokens: fc.nat(1000),
    costUsd: fc.option(fc.nat(1000), { nil: undefined }),
  })
  .map(({ costUsd, ...tokens }) => ({ ...tokens, ...(costUsd === undefined ? {} : { costUsd }) }));
const counter: fc.Arbitrary<AgentEvent> = usage.map((each) => ({
  kind: "usage",
  isCumulative: true,
  ...each,
}));
const increment: fc.Arbitrary<AgentEvent> = usage.map((each) => ({
  kind: "usage",
  isCumulative: false,
  ...each,
}));
const text = fc.string({ maxLength: 5 });
const event: fc.Arbitrary<AgentEvent> = fc.oneof(
  counter,
  increment,
  fc.record({ kind: fc.constant("started" as const), session: text, model: text }),
  fc.record({ kind: fc.constant("message" as const), text }),
  fc.record({ kind: fc.constant("tool" as const), name: text, detail: text }),
  fc.record({ kind: fc.constant("error" as const), message: text }),
  fc.record({ kind: fc.constant("denied" as const), tool: text }),
  fc.record({
    kind: fc.constant("limit" as const),
    status: fc.constantFrom("allowed" as const, "warning" as const, "rejected" as const),
    resetsAtMs: fc.nat(),
  }),
  fc.record({ kind: fc.constant("ended" as const), isOk: fc.boolean() }),
);
const events = fc.array(event, { maxLength: 20 });

test("a counter that is told twice counts once", () => {
  fc.assert(
    fc.property(events, counter, events, (before, told, after) => {
      expect(summarise([...before, told, told, ...after])).toEqual(summarise([...before, told, ...after]));
    }),
  );
});

test("what was counted before a counter is in it; what comes after is added", () => {
  fc.assert(
    fc.property(events, counter, fc.array(increment, { maxLength: 5 }), (before, told, after) => {
      const report = summarise([...before, told, ...after]);
      expect(report.usage).toEqual(summarise([told, ...after]).usage);
      const tokens = [told, ...after].reduce(
        (sum, each) => sum + (each.kind === "usage" ? each.inputTokens : 0),
        0,
      );
      expect(report.usage?.inputTokens).toBe(tokens);
    }),
  );
});

test("an unknown cost stays unknown in the sum", () => {
  fc.assert(
    fc.property(fc.array(increment, { minLength: 1, maxLength: 8 }), (list) => {
      const isKnown = list.every((each) => each.kind === "usage" && each.costUsd !== undefined);
      expect(summarise(list).usage?.costUsd !== undefined).toBe(isKnown);
    }),
  );
});

test("it ended well only when the last word says so and nothing was denied", () => {
  fc.assert(
    fc.property(events, (list) => {
      const report = summarise(list);
      const last = list.findLast(({ kind }) => kind === "ended" || kind === "tool" || kind === "started");
      const isWell = last?.kind === "ended" && last.isOk && !list.some(({ kind }) => kind === "denied");
      expect(report.end?.isOk ?? false).toBe(isWell);
      expect(report.end === undefined).toBe(last?.kind !== "ended");
    }),
  );
});

const ended = (fields: Omit<AgentEvent & { readonly kind: "ended" }, "kind">): AgentEvent => ({
  kind: "ended",
  ...fields,
});

test("denied tools are named, and trying again would not help", () => {
  const denied = ["Bash", "Write", "Bash"].map((tool): AgentEvent => ({ kind: "denied", tool }));
  expect(summarise([...denied, ended({ isOk: true })]).end).toEqual({
    isOk: false,
    error: "it was not allowed to use Bash, Write",
    isRetryable: false,
  });
});

const endAfter = (...list: readonly AgentEvent[]): AgentReport["end"] => summarise(list).end;

test("whether it may pass by itself follows from the status, and the reset time from the limit", () => {
  const limit: AgentEvent = { kind: "limit", status: "rejected", resetsAtMs: 5_000 };
  expect(endAfter(ended({ isOk: false, status: 400 }))).toEqual({ isOk: false, isRetryable: false });
  expect(endAfter(ended({ isOk: false, status: 529 }))).toEqual({ isOk: false, isRetryable: true });
  expect(endAfter(ended({ isOk: false }))).toEqual({ isOk: false });
  expect(endAfter(limit, ended({ isOk: false }))).toEqual({
    isOk: false,
    isRetryable: true,
    resetsAtMs: 5_000,
    trouble: "rate_limit",
  });
  // A limit that was lifted again, or that did not keep the agent from its work, says nothing.
  expect(endAfter(limit, { kind: "limit", status: "allowed" }, ended({ isOk: false }))).toEqual({
    isOk: false,
  });
  expect(endAfter(limit, ended({ isOk: true }))).toEqual({ isOk: true });
});

test("what the account is to blame for is told apart: only a rate limit passes by itself", () => {
  const byStatus = (status: number): AgentReport["end"] => endAfter(ended({ isOk: false, status }));
  expect(byStatus(401)).toEqual({ isOk: false, isRetryable: false, trouble: "auth" });
  expect(byStatus(402)).toEqual({ isOk: false, isRetryable: false, trouble: "quota" });
  expect(byStatus(429)).toEqual({ isOk: false, isRetryable: true, trouble: "rate_limit" });
  // A provider knows better than the status: some say 429 for an empty account as well.
  expect(endAfter(ended({ isOk: false, status: 429, trouble: "quota" }))).toEqual({
    isOk: false,
    isRetryable: false,
    trouble: "quota",
  });
});

const used = (inputTokens: number, costUsd?: number): TokenUsage => ({
  inputTokens,
  outputTokens: 0,
  cachedTokens: 0,
  ...(costUsd === undefined ? {} : { costUsd }),
});

test("over the launches of a run, a session's counter counts once, and cut-off launches besides", () => {
  const launches: readonly LaunchReport[] = [
    { launch: 1, session: "a", usage: { ...used(10, 1), isCumulative: true } },
    { launch: 2, session: "a", usage: { ...used(3, 2), isCumulative: false } },
    { launch: 3, session: "a", usage: { ...used(25, 4), isCumulative: true } },
    { launch: 4, session: "b", usage: { ...used(100, 8), isCumulative: true } },
    { launch: 5, reason: "it never started" },
  ];
  expect(totalUsage(launches)).toEqual(used(128, 14));
  expect(totalUsage(launches.slice(0, 2))).toEqual(used(13, 3));
  expect(totalUsage([])).toBeUndefined();
});

test("a program's last word goes before its exit status", () => {
  const isWell: AgentReport = { end: { isOk: true } };
  const isBad: AgentReport = { end: { isOk: false, error: "no" } };
  const well = { kind: "reported", ok: true };
  expect(endByReport({ kind: "exited", code: 1 }, isWell)).toEqual(well);
  expect(endByReport({ kind: "exited", code: 0 }, isBad)).toEqual({
    kind: "reported",
    ok: false,
    error: "no",
  });
  // It had said that it was done, and then would not go away.
  expect(endByReport({ kind: "stalled", minutes: 5 }, isWell)).toEqual(well);
});

test("without a last word: what was ended from outside is as it was, what left by itself has failed", () => {
  const isSilent: AgentReport = {};
  const killed = { kind: "signalled", signal: "SIGKILL" } as const;
  const stalled = { kind: "stalled", minutes: 5 } as const;
  expect(endByReport(killed, isSilent)).toEqual(killed);
  expect(endByReport({ kind: "unknown" }, isSilent)).toEqual({ kind: "unknown" });
  expect(endByReport(stalled, isSilent)).toEqual(stalled);
  expect(endByReport({ kind: "exited", code: 0 }, isSilent)).toEqual({
    kind: "reported",
    ok: false,
    error: "it ended without a result (exit code 0)",
  });
  expect(endByReport({ kind: "exited", code: 1 }, isSilent, "error: unknown option")).toMatchObject({
    error: "it ended without a result (exit code 1): error: unknown option",
  });
});
