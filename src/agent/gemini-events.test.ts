import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type AgentEvent, agentEventLine } from "../domain/agent-event.ts";
import { type AgentReport, endByReport, summarise, totalUsage } from "../domain/agent-report.ts";
import { geminiReader } from "./gemini-events.ts";

/** What the program printed in whole specs of `npm run test:agents`, ids and paths masked. */
const FIXTURES = join(import.meta.dirname, "..", "..", "test", "fixtures", "gemini-0.61.0");
const NOW = Date.UTC(2026, 10, 21, 12);

function read(lines: readonly string[]): readonly AgentEvent[] {
  const reader = geminiReader(() => NOW);
  return lines.flatMap((line) => reader.line(line));
}

const linesOf = (name: string): readonly string[] =>
  readFileSync(join(FIXTURES, `${name}.jsonl`), "utf8").split("\n");
const recorded = (name: string): readonly AgentEvent[] => read(linesOf(name));
const reportOf = (name: string): AgentReport => summarise(recorded(name));
const said = (...lines: readonly object[]): readonly AgentEvent[] =>
  read(lines.map((line) => JSON.stringify(line)));

describe("gemini 0.61.0, as recorded", () => {
  test("tools, words and usage", () => {
    const told = recorded("whole").filter(({ kind }) => kind !== "message" && kind !== "usage");
    expect(told.map(agentEventLine)).toMatchInlineSnapshot(`
      [
        "-- started with gemini-2.5-pro, session 00000000-0000-4000-8000-000000000001",
        "> run_shell_command: echo first",
        "> run_shell_command: echo hello >hello.txt && chant tick --all && git add -A && git commit -qm "Say hello"",
        "-- ended well",
      ]
    `);
    expect(recorded("whole")).toContainEqual({ kind: "message", text: "It says hello." });
    expect(reportOf("whole")).toMatchInlineSnapshot(`
      {
        "end": {
          "isOk": true,
        },
        "model": "gemini-2.5-pro",
        "session": "00000000-0000-4000-8000-000000000001",
        "usage": {
          "cachedTokens": 60,
          "inputTokens": 300,
          "isCumulative": false,
          "outputTokens": 21,
        },
      }
    `);
  });

  test("a resumed session begins its count anew: both launches count", () => {
    const lines = linesOf("resumed");
    const again = lines.findLastIndex((line) => line.startsWith('{"type":"init"'));
    const reports = [lines.slice(0, again), lines.slice(again)].map((part) => summarise(read(part)));
    expect(reports.map(({ usage }) => usage?.inputTokens)).toEqual([100, 200]);
    expect(new Set(reports.map(({ session }) => session)).size).toBe(1);
    const launches = reports.map((report, at) => ({ launch: at + 1, ...report }));
    expect(totalUsage(launches)).toEqual({ inputTokens: 300, outputTokens: 21, cachedTokens: 60 });
  });

  test("a limit tells how long to wait", () => {
    const { end } = reportOf("limit");
    expect(end).toMatchObject({ isRetryable: true, trouble: "rate_limit" });
    expect(((end?.resetsAtMs ?? 0) - NOW) / 1000).toBeGreaterThan(3_000);
  });

  test("a key that is not accepted: the API's words, its status, and what to do", () => {
    expect(reportOf("status-401").end).toEqual({
      isOk: false,
      error: expect.stringMatching(
        /^API key not valid\. Please pass a valid API key\. \(401\); run gemini once to log in/,
      ) as string,
      isRetryable: false,
      trouble: "auth",
    });
  });

  test("it asks again by itself and says so beside its events; where in its code, nobody needs to know", () => {
    for (const [name, status] of [
      ["status-429", 429],
      ["status-500", 500],
    ] as const) {
      const events = recorded(name);
      expect(events).toContainEqual({ kind: "retrying", attempt: 1, status });
      expect(summarise(events).end).toEqual({ isOk: true });
      const lines = events.flatMap((event) => agentEventLine(event) ?? []);
      expect(lines.filter((line) => /^\s*at |status: \d/.test(line))).toEqual([]);
    }
  });

  test("ended by a signal it exits with 0 and no result: it did not end well", () => {
    expect(endByReport({ kind: "exited", code: 0 }, reportOf("hang"))).toMatchObject({
      kind: "reported",
      ok: false,
    });
  });
});

test("a session that is gone: the next try begins a new one", () => {
  const report = summarise(read(['Error resuming session: Invalid session identifier "x".']));
  expect(report.end).toMatchObject({ isOk: false, isRetryable: true });
  expect(report.session).toBeUndefined();
});

test("without a way to log in it does not begin", () => {
  expect(summarise(read(["Invalid auth method selected."])).end).toMatchObject({
    error: expect.stringContaining("security.auth.selectedType") as string,
    isRetryable: false,
    trouble: "auth",
  });
});

const piece = (content: string): object => ({ type: "message", role: "assistant", content, delta: true });

test("a message comes in pieces, and is told by whole lines", () => {
  expect(
    said(
      piece("One"),
      piece(" two.\nThr"),
      { type: "message", role: "user", content: "not mine" },
      piece("ee."),
      { type: "tool_use", tool_name: "write_file", tool_id: "1", parameters: { file_path: "a.txt" } },
      { type: "tool_result", tool_id: "1", status: "success" },
      { type: "tool_use", tool_name: "run_shell_command", tool_id: "2", parameters: { command: "ls" } },
      { type: "tool_result", tool_id: "2", status: "error", error: { type: "policy_violation" } },
      { type: "tool_use", tool_name: "read_file", tool_id: "3", parameters: { file_path: "b.txt" } },
      { type: "tool_result", tool_id: "3", status: "error", error: { type: "file_not_found" } },
    ),
  ).toEqual([
    { kind: "message", text: "One two.\n" },
    { kind: "message", text: "Three." },
    { kind: "tool", name: "write_file", detail: "a.txt" },
    { kind: "file_change", path: "a.txt" },
    { kind: "tool", name: "run_shell_command", detail: "ls" },
    { kind: "denied", tool: "run_shell_command" },
    { kind: "tool", name: "read_file", detail: "b.txt" },
  ]);
});

test("the day's quota is used up: no retry helps", () => {
  const message =
    "[API Error: You have exhausted your daily quota on this model.]\nPlease wait and try again later.";
  const report = summarise(said({ type: "result", status: "error", error: { message } }));
  expect(report.end).toMatchObject({ isRetryable: false, trouble: "quota" });
});
