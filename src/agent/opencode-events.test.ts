import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type AgentEvent, agentEventLine } from "../domain/agent-event.ts";
import { type AgentReport, endByReport, summarise, totalUsage } from "../domain/agent-report.ts";
import { opencodeReader } from "./opencode-events.ts";

/** What the program printed in whole specs of `npm run test:agents`, ids and paths masked. */
const FIXTURES = join(import.meta.dirname, "..", "..", "test", "fixtures", "opencode-1.18.33");

function read(lines: readonly string[]): readonly AgentEvent[] {
  const reader = opencodeReader(() => 0);
  return lines.flatMap((line) => reader.line(line));
}

const linesOf = (name: string): readonly string[] =>
  readFileSync(join(FIXTURES, `${name}.jsonl`), "utf8").split("\n");
const reportOf = (name: string): AgentReport => summarise(read(linesOf(name)));
const said = (...lines: readonly object[]): readonly AgentEvent[] =>
  read(lines.map((line) => JSON.stringify(line)));

describe("opencode 1.18.33, as recorded", () => {
  test("tools, words and usage; a cost of nothing is an unknown one", () => {
    expect(read(linesOf("whole")).flatMap((event) => agentEventLine(event) ?? [])).toMatchInlineSnapshot(`
      [
        "-- started, session ses_000000000001",
        "> bash: echo first",
        "> bash: echo hello >hello.txt && chant tick --all && git add -A && git commit -qm "Say hello"",
        "It says hello.",
        "-- ended well",
      ]
    `);
    expect(reportOf("whole")).toMatchInlineSnapshot(`
      {
        "end": {
          "isOk": true,
        },
        "session": "ses_000000000001",
        "usage": {
          "cachedTokens": 60,
          "inputTokens": 300,
          "isCumulative": false,
          "outputTokens": 21,
        },
      }
    `);
  });

  test("each step counts once, over a resume as well", () => {
    const lines = linesOf("resumed");
    const cut = lines.findIndex((line) => line.includes('"reason":"stop"')) + 1;
    const reports = [lines.slice(0, cut), lines.slice(cut)].map((part) => summarise(read(part)));
    expect(reports.map(({ usage }) => usage?.inputTokens)).toEqual([100, 200]);
    expect(new Set(reports.map(({ session }) => session)).size).toBe(1);
    const launches = reports.map((report, at) => ({ launch: at + 1, ...report }));
    expect(totalUsage(launches)).toEqual({ inputTokens: 300, outputTokens: 21, cachedTokens: 60 });
  });

  test("a key that is not accepted", () => {
    expect(reportOf("status-401").end).toEqual({
      isOk: false,
      error:
        "APIError (401): Incorrect API key provided; log in with opencode auth login, or set the key of its provider",
      isRetryable: false,
      trouble: "auth",
    });
  });

  test("of a limit and of a server's error it says nothing, and goes on when they are over", () => {
    for (const name of ["status-429", "status-500"]) expect(reportOf(name).end).toEqual({ isOk: true });
  });

  test("while its model is silent, it prints nothing: it has not ended, however it went", () => {
    expect(linesOf("hang")).toEqual([""]);
    expect(endByReport({ kind: "exited", code: 0 }, reportOf("hang"))).toMatchObject({ ok: false });
  });
});

const error = (data: object): AgentReport["end"] =>
  summarise(said({ type: "error", sessionID: "s", error: { name: "APIError", data } })).end;

test("an error names its status; an empty account is no rate limit", () => {
  expect(error({ message: "Too many", statusCode: 429 })).toMatchObject({ trouble: "rate_limit" });
  const responseBody = '{"error":{"code":"insufficient_quota"}}';
  expect(error({ message: "No", statusCode: 429, responseBody })).toMatchObject({
    isRetryable: false,
    trouble: "quota",
  });
  expect(error({ message: "Cannot connect to API", isRetryable: true })).toMatchObject({ isRetryable: true });
});

const finish = (reason: string): object => ({
  type: "step_finish",
  part: { reason, tokens: { input: 1 } },
});

test("an answer that was cut off, and a tool that was not allowed, are not well", () => {
  expect(summarise(said(finish("length"))).end).toMatchObject({ isOk: false });
  expect(summarise(said(finish("tool-calls"))).end).toBeUndefined();
  const state = {
    status: "error",
    input: { command: "rm" },
    error: "The user rejected permission to use this",
  };
  expect(summarise(said({ type: "tool_use", part: { tool: "bash", state } }, finish("stop"))).end).toEqual({
    isOk: false,
    error: "it was not allowed to use bash",
    isRetryable: false,
  });
});

test("what it wrote, and what a step cost", () => {
  const state = { status: "completed", input: { filePath: "a.txt" }, metadata: { filepath: "/w/a.txt" } };
  expect(
    said(
      { type: "tool_use", part: { tool: "write", state } },
      {
        type: "step_finish",
        part: {
          reason: "stop",
          cost: 0.25,
          tokens: { input: 3, output: 2, reasoning: 1, cache: { write: 4, read: 5 } },
        },
      },
    ),
  ).toEqual([
    { kind: "tool", name: "write", detail: "a.txt" },
    { kind: "file_change", path: "/w/a.txt" },
    { kind: "usage", isCumulative: false, inputTokens: 7, outputTokens: 3, cachedTokens: 5, costUsd: 0.25 },
    { kind: "ended", isOk: true },
  ]);
});

test("a session that is gone: the next try begins a new one", () => {
  const report = summarise(read(["\u001B[91m\u001B[1mError: \u001B[0mSession not found"]));
  expect(report.end).toMatchObject({ isOk: false, isRetryable: true });
  expect(report.session).toBeUndefined();
});
