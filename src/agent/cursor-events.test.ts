import { expect, test } from "vitest";
import type { AgentEvent } from "../domain/agent-event.ts";
import { summarise } from "../domain/agent-report.ts";
import { cursorReader } from "./cursor-events.ts";
import { providerOf } from "./providers.ts";

// Made from the programs' documentation: nothing here was printed by the real ones.

function read(reader = cursorReader(() => 0), ...lines: readonly object[]): readonly AgentEvent[] {
  return lines.flatMap((line) => reader.line(JSON.stringify(line)));
}

const call = (subtype: string, tool: string, body: object): object => ({
  type: "tool_call",
  subtype,
  tool_call: { [tool]: body },
});

test("cursor: session, words, tools, files, and what was rejected", () => {
  const events = read(
    undefined,
    { type: "system", subtype: "init", session_id: "s", model: "m", apiKeySource: "env" },
    { type: "user", message: { content: [{ type: "text", text: "the prompt" }] } },
    { type: "assistant", message: { content: [{ type: "text", text: "I write it." }] } },
    call("started", "writeToolCall", { args: { path: "a.txt" } }),
    call("completed", "writeToolCall", { args: { path: "a.txt" }, result: { success: { linesCreated: 1 } } }),
    call("started", "shellToolCall", { args: { command: "npm test" } }),
    call("completed", "shellToolCall", { args: { command: "npm test" }, result: { rejected: {} } }),
    { type: "result", subtype: "success", is_error: false, result: "Done.", usage: { inputTokens: 5 } },
  );
  expect(events.map(({ kind }) => kind)).toEqual([
    "started",
    "message",
    "tool",
    "file_change",
    "tool",
    "denied",
    "usage",
    "ended",
  ]);
  expect(summarise(events)).toMatchObject({
    session: "s",
    model: "m",
    end: { isOk: false, error: "it was not allowed to use shell" },
  });
});

test("cursor: an error names what is wrong", () => {
  const events = read(undefined, {
    type: "result",
    subtype: "error",
    is_error: true,
    result: "Not logged in",
  });
  expect(summarise(events).end).toMatchObject({ isOk: false, trouble: "auth" });
});

test("qwen: both formats that its documentation knows", () => {
  const asClaude = read(
    providerOf({ provider: "qwen" }).reader?.(() => 0),
    { type: "system", subtype: "session_start", session_id: "s", model: "qwen3" },
    { type: "assistant", message: { id: "1", content: [{ type: "text", text: "Hi" }] } },
    { type: "result", subtype: "success", is_error: false, result: "Hi", usage: { input_tokens: 5 } },
  );
  const asGemini = read(
    providerOf({ provider: "qwen" }).reader?.(() => 0),
    { type: "init", session_id: "s", model: "qwen3" },
    { type: "message", role: "assistant", content: "Hi" },
    { type: "result", status: "success", stats: { input_tokens: 5, cached: 0 } },
  );
  for (const events of [asClaude, asGemini]) {
    expect(summarise(events)).toMatchObject({
      session: "s",
      model: "qwen3",
      usage: { inputTokens: 5 },
      end: { isOk: true },
    });
  }
});
