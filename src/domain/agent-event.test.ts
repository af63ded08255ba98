import fc from "fast-check";
import { expect, test } from "vitest";
import { type AgentEvent, agentEventLine, agentEventLines } from "./agent-event.ts";

const lines = (events: readonly AgentEvent[]): readonly (string | undefined)[] => events.map(agentEventLine);

test("each event is one line that a person can read", () => {
  expect(
    lines([
      { kind: "started", session: "s-1", model: "m-1" },
      { kind: "started" },
      { kind: "message", text: "First line\nsecond line" },
      { kind: "tool", name: "Bash", detail: "npm test" },
      { kind: "tool", name: "Plan", detail: "" },
      { kind: "file_change", path: "src/a.ts" },
      {
        kind: "usage",
        inputTokens: 1200,
        outputTokens: 34,
        cachedTokens: 20_000,
        costUsd: 0.01234,
        isCumulative: true,
      },
      { kind: "usage", inputTokens: 1, outputTokens: 2, cachedTokens: 0, isCumulative: true },
      { kind: "limit", status: "rejected", resetsAtMs: 1_795_262_978_000, limit: "five_hour" },
      { kind: "limit", status: "warning" },
      { kind: "retrying", attempt: 2, delayMs: 1_500, status: 500 },
      { kind: "error", message: "The server does not answer." },
      { kind: "denied", tool: "Bash" },
      { kind: "ended", isOk: true },
      { kind: "ended", isOk: false, error: "api_error (500): Internal" },
    ]),
  ).toMatchInlineSnapshot(`
    [
      "-- started with m-1, session s-1",
      "-- started",
      "First line\\nsecond line",
      "> Bash: npm test",
      "> Plan",
      "* changed src/a.ts",
      "-- tokens: 1,200 in, 20,000 cached, 34 out; cost $0.0123",
      "-- tokens: 1 in, 0 cached, 2 out; cost unknown",
      "!! limit five_hour is reached; it resets at 2026-11-21T12:09:38.000Z",
      "!! limit is near",
      "!! asks its model again after status 500, try 2, in 1.5s",
      "!! The server does not answer.",
      "!! was not allowed to use Bash",
      "-- ended well",
      "!! ended: api_error (500): Internal",
    ]
  `);
});

test("what says nothing to a reader has no line", () => {
  expect(
    lines([
      { kind: "message", text: " \n" },
      { kind: "usage", inputTokens: 1, outputTokens: 2, cachedTokens: 0, isCumulative: false },
      { kind: "limit", status: "allowed" },
    ]),
  ).toEqual([undefined, undefined, undefined]);
});

test("no text of an agent can steer a terminal or make a line too long", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.double(), (text, ms) => {
      for (const event of [
        { kind: "message", text },
        { kind: "tool", name: text, detail: text },
        { kind: "file_change", path: text },
        { kind: "limit", status: "rejected", resetsAtMs: ms, limit: text },
        { kind: "ended", isOk: false, error: text },
      ] satisfies readonly AgentEvent[]) {
        const line = agentEventLine(event) ?? "";
        expect(line).not.toMatch(/\p{Cc}/u);
      }
    }),
  );
  expect(agentEventLine({ kind: "message", text: "x".repeat(1_000_000) })?.length).toBeLessThan(10_000);
});

test("a message keeps its lines, anything else is one", () => {
  const text = "\n# Done\r\n\n- one\u001b[2J\n- two\n\n";
  expect(agentEventLines({ kind: "message", text })).toEqual(["# Done", "", "- one\\x1b[2J", "- two"]);
  expect(agentEventLines({ kind: "message", text: " \n " })).toEqual([]);
  expect(agentEventLines({ kind: "tool", name: "Bash", detail: "a\nb" })).toEqual(["> Bash: a\\nb"]);
});
