import { expect, test } from "vitest";
import type { AgentReport } from "../../domain/agent-report.ts";
import { reportedFront, withReport } from "./launch-report.ts";
import type { LaunchEnd } from "./launch.ts";
import type { RunRecord } from "./record.ts";

const RECORD: RunRecord = {
  version: 1,
  id: "2026-01-01-001-abc",
  run: "r",
  phase: "running",
  title: "T",
  type: "code",
  owner: { pid: 1, startedAt: "1", bootId: "b", host: "h" },
  target: "refs/heads/main",
  branch: "chant/2026-01-01-001-abc",
  agent: "claude",
  model: "sonnet",
  createdAtMs: 0,
  attempt: 1,
  interruptions: 0,
  relaunches: 0,
  launch: 1,
};

const endOf = (report: AgentReport | undefined): LaunchEnd => ({
  version: 1,
  agent: { kind: "exited", code: 1 },
  verdict: { kind: "failed", reason: "it broke" },
  tip: "t",
  commits: [],
  ...(report === undefined ? {} : { report }),
});

const used = (inputTokens: number, costUsd: number): NonNullable<AgentReport["usage"]> => ({
  inputTokens,
  outputTokens: 1,
  cachedTokens: 0,
  costUsd,
  isCumulative: true,
});

test("a launch is kept once, however often it is read; the next one comes behind it", () => {
  const end = endOf({ session: "s", model: "claude-sonnet-5-5", usage: used(10, 0.1) });
  const once = withReport(RECORD, end);
  expect(withReport(once, end)).toEqual(once);
  const next = withReport({ ...once, launch: 2 }, endOf({ session: "s", usage: used(30, 0.3) }));
  expect(next.reports?.map(({ launch, reason }) => [launch, reason])).toEqual([
    [1, "it broke"],
    [2, "it broke"],
  ]);
  expect(reportedFront(next)).toEqual({
    model: "claude-sonnet-5-5",
    usage: { input_tokens: 30, output_tokens: 1, cost_usd: 0.3 },
  });
});

test("an agent that reports nothing leaves the model as it was asked for, and no usage", () => {
  expect(reportedFront(withReport(RECORD, endOf(undefined)))).toEqual({ model: "sonnet", usage: undefined });
});

test("a person's own judgement is no launch of an agent", () => {
  const judged: RunRecord = { ...RECORD, launch: 2, judgeOnly: {} };
  expect(withReport(judged, endOf(undefined))).toBe(judged);
});
