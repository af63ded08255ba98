import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AgentEvent, agentEventLine } from "../domain/agent-event.ts";
import { type AgentReport, endByReport, summarise } from "../domain/agent-report.ts";
import { claudeReader } from "./claude-events.ts";

/** What the program itself printed, both outputs; made against a scripted model, ids and paths masked. */
const FIXTURES = join(import.meta.dirname, "..", "..", "test", "fixtures", "claude-2.1.329");

function read(lines: readonly string[]): readonly AgentEvent[] {
  const reader = claudeReader();
  return lines.flatMap((line) => reader.line(line));
}

const recorded = (name: string): readonly AgentEvent[] =>
  read(readFileSync(join(FIXTURES, `${name}.jsonl`), "utf8").split("\n"));

const reportOf = (name: string): AgentReport => summarise(recorded(name));

const SESSION = "00000000-0000-4000-8000-000000000001";

describe("claude 2.1.329, as recorded", () => {
  test("tools, files, words and usage", () => {
    expect(recorded("tools").flatMap((event) => agentEventLine(event) ?? [])).toMatchInlineSnapshot(`
      [
        "-- started with claude-opus-5-5, session 00000000-0000-4000-8000-000000000001",
        "> Write: x.txt",
        "* changed x.txt",
        "> Bash: cat x.txt",
        "All done.",
        "-- tokens: 300 in, 60 cached, 21 out; cost $0.0016",
        "-- ended well",
      ]
    `);
    expect(reportOf("tools")).toEqual({
      session: SESSION,
      model: "claude-opus-5-5",
      usage: {
        inputTokens: 300,
        outputTokens: 21,
        cachedTokens: 60,
        costUsd: 0.001632,
        isCumulative: true,
      },
      end: { isOk: true },
    });
  });

  test("a tool that was denied fails the launch by name, though the program exits with 0", () => {
    expect(recorded("denied").filter(({ kind }) => kind === "denied")).toEqual([
      { kind: "denied", tool: "Bash" },
    ]);
    expect(reportOf("denied").end).toEqual({
      isOk: false,
      error: "it was not allowed to use Bash",
      isRetryable: false,
    });
  });

  test("an error of the API is one, though the program calls it a success", () => {
    expect(reportOf("status-401").end).toEqual({
      isOk: false,
      error:
        "authentication_error (401): Invalid API key · Fix external API key; log in by /login in claude, or set ANTHROPIC_API_KEY",
      isRetryable: false,
      trouble: "auth",
    });
    expect(reportOf("status-429").end).toEqual({
      isOk: false,
      error:
        "rate_limit_error (429): API Error: Request rejected (429) · This request would exceed your account's rate limit.",
      isRetryable: true,
      trouble: "rate_limit",
    });
  });

  test("it tells when it asks its model again", () => {
    expect(recorded("status-500-then-ok")).toContainEqual({
      kind: "retrying",
      attempt: 1,
      delayMs: expect.any(Number) as number,
      status: 500,
    });
    expect(reportOf("status-500-then-ok").end).toEqual({ isOk: true });
  });

  test("the limit of an account says when it ends", () => {
    expect(recorded("limit")).toContainEqual({
      kind: "limit",
      status: "rejected",
      resetsAtMs: 1_795_264_045_000,
      limit: "five_hour",
    });
    expect(reportOf("limit").end).toEqual({
      isOk: false,
      error: "rate_limit_error (429): You've hit your 5-hour limit · resets 12:27pm (UTC)",
      isRetryable: true,
      resetsAtMs: 1_795_264_045_000,
      trouble: "rate_limit",
    });
  });

  test("SIGINT exits with 0 and no result: it did not end well", () => {
    const report = reportOf("sigint");
    expect(report).toEqual({ session: SESSION, model: "claude-opus-5-5" });
    expect(endByReport({ kind: "exited", code: 0 }, report)).toMatchObject({ kind: "reported", ok: false });
  });

  test("a limit of its own ended it", () => {
    expect(reportOf("max-turns").end).toEqual({
      isOk: false,
      error: "error_max_turns: Reached maximum number of turns (1)",
    });
  });

  test("nobody answers", () => {
    expect(reportOf("no-server").end).toMatchObject({
      error: expect.stringContaining("Connection refused") as string,
      isRetryable: true,
    });
  });

  test("a session that is not there: the next try begins a new one", () => {
    const report = reportOf("unknown-session");
    expect(report.end).toEqual({
      isOk: false,
      error: `error_during_execution: No conversation found with session ID: ${SESSION}`,
      isRetryable: true,
    });
    expect(report.session).toBeUndefined();
  });

  test("as root it does not start, and the log says what helps", () => {
    expect(recorded("root").map(agentEventLine)).toEqual([
      "--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons; where the machine is a sandbox, set IS_SANDBOX: 1 under the agent's env in .chant/config.md",
    ]);
    expect(reportOf("root")).toEqual({});
  });

  test("its counter goes on over a resume", () => {
    expect(reportOf("first").usage).toMatchObject({ inputTokens: 100, costUsd: 0.000544 });
    expect(reportOf("resumed").usage).toMatchObject({ inputTokens: 200, costUsd: 0.001088 });
  });
});

const result = (fields: object): string => JSON.stringify({ type: "result", subtype: "success", ...fields });

test("older versions name no kind of error and no models", () => {
  const line = result({ is_error: true, api_error_status: 429, result: "Too many requests" });
  expect(summarise(read([line])).end?.error).toBe("rate_limit_error (429): Too many requests");
  const usage = {
    input_tokens: 3,
    cache_creation_input_tokens: 4,
    cache_read_input_tokens: 5,
    output_tokens: 6,
  };
  expect(summarise(read([result({ usage, total_cost_usd: 0.5 })])).usage).toEqual({
    inputTokens: 7,
    outputTokens: 6,
    cachedTokens: 5,
    costUsd: 0.5,
    isCumulative: true,
  });
});

test("an account without money is used up: no retry helps", () => {
  const line = result({ is_error: true, api_error_status: 400, result: "Your credit balance is too low" });
  expect(summarise(read([line])).end).toMatchObject({ isRetryable: false, trouble: "quota" });
});

test("a cost that the program only guesses is unknown", () => {
  const modelUsage = { m: { inputTokens: 1, outputTokens: 2, costUSD: 3, costBasis: "unknown" } };
  expect(summarise(read([result({ modelUsage, total_cost_usd: 3 })])).usage).toEqual({
    inputTokens: 1,
    outputTokens: 2,
    cachedTokens: 0,
    isCumulative: true,
  });
});

const partOf = (id: string, text: string): string =>
  JSON.stringify({
    type: "assistant",
    message: { id, content: [{ type: "text", text }], usage: { input_tokens: 5, output_tokens: 1 } },
  });

test("a message that comes in several lines is counted once; without a result that is the usage", () => {
  expect(summarise(read([partOf("msg_1", "a"), partOf("msg_1", "b")])).usage).toEqual({
    inputTokens: 5,
    outputTokens: 1,
    cachedTokens: 0,
    isCumulative: false,
  });
});

test("what is not of its format is a plain message; what it does not know says nothing", () => {
  expect(
    read([
      "npm warn something",
      "",
      '{"type":"assistant","message":{"content":[{"type":"text","text":"cut off in the mid',
      '{"type":"telepathy","thought":"x"}',
      '{"type":"system","subtype":"new"}',
      "{}",
      "[1]",
    ]),
  ).toEqual([
    { kind: "message", text: "npm warn something" },
    {
      kind: "message",
      text: '{"type":"assistant","message":{"content":[{"type":"text","text":"cut off in the mid',
    },
    { kind: "message", text: "[1]" },
  ]);
});

const TYPES = ["system", "assistant", "user", "rate_limit_event", "result", "other"] as const;
const SUBTYPES = ["init", "api_retry", "permission_denied", "success", "error_max_turns"] as const;
const KEYS =
  "message content usage modelUsage permission_denials errors result rate_limit_info tool_use_result session_id model is_error api_error_status total_cost_usd status resetsAt attempt retry_delay_ms is_api_error_message parent_tool_use_id __proto__".split(
    " ",
  );
const hostile = fc
  .tuple(
    fc.constantFrom(...TYPES),
    fc.constantFrom(...SUBTYPES),
    fc.array(fc.tuple(fc.constantFrom(...KEYS), fc.jsonValue({ maxDepth: 4 })), { maxLength: 8 }),
  )
  .map(([type, subtype, entries]) => JSON.stringify({ ...Object.fromEntries(entries), type, subtype }));

test("no line makes it throw, whatever stands where, and its events can be told and counted", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(hostile, fc.json(), fc.string()), { maxLength: 10 }), (lines) => {
      const events = read(lines);
      events.forEach(agentEventLine);
      const { usage } = summarise(events);
      expect([usage?.inputTokens ?? 0, usage?.outputTokens ?? 0].every(Number.isFinite)).toBe(true);
    }),
  );
});

test("lines of a megabyte and objects of great depth are safe", () => {
  const deep = "[".repeat(200_000);
  const long = "x".repeat(1_000_000);
  const events = read([
    `{"type":"result","errors":${deep}${"]".repeat(200_000)}}`,
    `{"type":"assistant","message":${deep}`,
    JSON.stringify({
      type: "assistant",
      message: { content: [{ type: "tool_use", name: "T", input: { command: long } }] },
    }),
    result({ is_error: true, result: long }),
    long,
  ]);
  expect(events.map(agentEventLine).every((line) => (line?.length ?? 0) < 10_000)).toBe(true);
  expect(summarise(events).end?.error?.length).toBeLessThanOrEqual(2_000);
});
