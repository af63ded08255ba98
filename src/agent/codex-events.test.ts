import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type AgentEvent, agentEventLine } from "../domain/agent-event.ts";
import { type AgentReport, endByReport, summarise, totalUsage } from "../domain/agent-report.ts";
import { codexReader } from "./codex-events.ts";

/** What the program printed in whole specs of `npm run test:agents`, ids and paths masked. */
const FIXTURES = join(import.meta.dirname, "..", "..", "test", "fixtures", "codex-0.169.0");
const NOW = new Date(2026, 10, 21, 12).getTime();

function read(lines: readonly string[]): readonly AgentEvent[] {
  const reader = codexReader(() => NOW);
  return lines.flatMap((line) => reader.line(line));
}

const recorded = (name: string): readonly AgentEvent[] =>
  read(readFileSync(join(FIXTURES, `${name}.jsonl`), "utf8").split("\n"));

const reportOf = (name: string): AgentReport => summarise(recorded(name));
const said = (line: object): AgentReport => summarise(read([JSON.stringify(line)]));
const failedWith = (message: string): AgentReport["end"] =>
  said({ type: "turn.failed", error: { message } }).end;

describe("codex 0.169.0, as recorded", () => {
  test("tools, words and usage", () => {
    expect(recorded("whole").flatMap((event) => agentEventLine(event) ?? [])).toMatchInlineSnapshot(`
      [
        "-- started, session 00000000-0000-4000-8000-000000000001",
        "!! Model metadata for \`test-model\` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.",
        "> shell: /bin/bash -c 'echo first'",
        "> shell: /bin/bash -c 'echo hello >hello.txt && chant tick --all'",
        "It says hello.",
        "-- tokens: 300 in, 60 cached, 21 out; cost unknown",
        "-- ended well",
      ]
    `);
    expect(reportOf("whole")).toMatchInlineSnapshot(`
      {
        "end": {
          "isOk": true,
        },
        "session": "00000000-0000-4000-8000-000000000001",
        "usage": {
          "cachedTokens": 60,
          "inputTokens": 300,
          "isCumulative": true,
          "outputTokens": 21,
        },
      }
    `);
  });

  test("its counter goes on over a resume, and is never summed", () => {
    const lines = readFileSync(join(FIXTURES, "resumed.jsonl"), "utf8").split("\n");
    const again = lines.findLastIndex((line) => line.includes("thread.started"));
    const reports = [lines.slice(0, again), lines.slice(again)].map((part) => summarise(read(part)));
    expect(reports.map((report) => report.usage?.inputTokens)).toEqual([100, 300]);
    expect(new Set(reports.map(({ session }) => session)).size).toBe(1);
    const launches = reports.map((report, at) => ({ launch: at + 1, ...report }));
    expect(totalUsage(launches)).toEqual({ inputTokens: 300, outputTokens: 21, cachedTokens: 60 });
  });

  test("the limit of an account tells its end as a time of the clock here", () => {
    const { end } = reportOf("limit");
    expect(end).toMatchObject({ isRetryable: true, trouble: "rate_limit" });
    const reset = new Date(end?.resetsAtMs ?? 0);
    expect([reset.getDate(), reset.getSeconds()]).toEqual([21, 0]);
  });

  test("a key that is not accepted does not pass, and the reason says what to do", () => {
    expect(reportOf("status-401").end).toMatchObject({
      error: expect.stringMatching(/status 401 Unauthorized.*; log in with codex login/) as string,
      isRetryable: false,
      trouble: "auth",
    });
  });

  test("it tells when it asks its model again, and goes on", () => {
    expect(recorded("status-401").filter(({ kind }) => kind === "retrying")).not.toHaveLength(0);
    expect(reportOf("status-500").end).toEqual({ isOk: true });
  });

  test("killed or ended while it waits, it has said nothing of its end", () => {
    const report = reportOf("hang");
    expect(report.end).toBeUndefined();
    expect(endByReport({ kind: "stalled", minutes: 5 }, report)).toEqual({ kind: "stalled", minutes: 5 });
  });
});

test("without a network it asks for ever: no sign of life", () => {
  const message = "Reconnecting... waiting for network (Connection failed: error sending request)";
  expect(read([JSON.stringify({ type: "error", message })])).toEqual([{ kind: "retrying", attempt: 1 }]);
});

test("a limit without a time, an empty account, a busy server: each is what it is", () => {
  expect(failedWith("exceeded retry limit, last status: 429 Too Many Requests")).toMatchObject({
    isRetryable: true,
    trouble: "rate_limit",
  });
  expect(failedWith("Quota exceeded. Check your plan and billing details.")).toMatchObject({
    isRetryable: false,
    trouble: "quota",
  });
  const busy = "We’re currently experiencing high demand, which may cause temporary errors.";
  expect(failedWith(busy)).toEqual({ isOk: false, error: busy, isRetryable: true });
  expect(failedWith("stream disconnected before completion: x")).toMatchObject({ isRetryable: true });
});

test("a thread that is gone: the next try begins a new one", () => {
  const words = "Error: thread/resume: thread/resume failed: no rollout found for thread id 0 (code -32600)";
  const report = summarise(read(["WARNING: proceeding, even though", words]));
  expect(report.end).toMatchObject({ isRetryable: true });
  expect(report.session).toBeUndefined();
});

const item = (fields: object, type = "item.completed"): string => JSON.stringify({ type, item: fields });

test("files that it changed, tools of others, and what it was not allowed", () => {
  const command = { id: "1", type: "command_execution", command: "rm -r x" };
  expect(
    read([
      item({ ...command, status: "in_progress" }, "item.started"),
      item({ ...command, status: "declined" }),
      item({ id: "2", type: "file_change", status: "completed", changes: [{ path: "a.txt", kind: "add" }] }),
      item({ id: "3", type: "file_change", status: "failed", changes: [{ path: "b.txt", kind: "add" }] }),
      item({ id: "4", type: "mcp_tool_call", server: "docs", tool: "find", status: "completed" }),
      item({ id: "5", type: "web_search", query: "chant" }),
      item({ id: "6", type: "todo_list", items: [] }),
      item({ id: "7", type: "reasoning", text: "hm" }),
      JSON.stringify({ type: "turn.completed", usage: { input_tokens: 5, cached_input_tokens: 9 } }),
    ]),
  ).toEqual([
    { kind: "tool", name: "shell", detail: "rm -r x" },
    { kind: "denied", tool: "shell" },
    { kind: "file_change", path: "a.txt" },
    { kind: "error", message: "a change of files could not be made" },
    { kind: "tool", name: "docs.find", detail: "" },
    { kind: "tool", name: "web_search", detail: "chant" },
    { kind: "usage", isCumulative: true, inputTokens: 0, outputTokens: 0, cachedTokens: 9 },
    { kind: "ended", isOk: true },
  ]);
});
