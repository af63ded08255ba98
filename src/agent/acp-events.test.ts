import { expect, test } from "vitest";
import type { AgentEvent } from "../domain/agent-event.ts";
import { summarise } from "../domain/agent-report.ts";
import { acpReader } from "./acp-events.ts";

function read(...lines: readonly object[]): readonly AgentEvent[] {
  const reader = acpReader(() => 0);
  return lines.flatMap((line) => reader.line(JSON.stringify(line)));
}

const update = (fields: object): object => ({ acp: "update", update: fields });
const words = (text: string): object =>
  update({ sessionUpdate: "agent_message_chunk", content: { type: "text", text } });

test("session, words in pieces, tools, files, usage with its cost, and the end", () => {
  const events = read(
    { acp: "session", session: "s", agent: "fake" },
    words("One "),
    words("line.\nAnd"),
    words(" more"),
    update({ sessionUpdate: "agent_thought_chunk", content: { type: "text", text: "hm" } }),
    update({ sessionUpdate: "tool_call", toolCallId: "1", title: "Write a.txt", kind: "edit" }),
    update({
      sessionUpdate: "tool_call_update",
      toolCallId: "1",
      status: "completed",
      content: [{ type: "diff", path: "/w/a.txt", newText: "x" }],
    }),
    update({ sessionUpdate: "usage_update", used: 9, size: 99, cost: { amount: 0.5, currency: "USD" } }),
    { acp: "permission", title: "x", answer: "allowed" },
    { acp: "end", reason: "end_turn", usage: { inputTokens: 3, outputTokens: 2, cachedReadTokens: 1 } },
  );
  expect(events).toEqual([
    { kind: "started", session: "s" },
    { kind: "message", text: "One line.\n" },
    { kind: "message", text: "And more" },
    { kind: "tool", name: "edit", detail: "Write a.txt" },
    { kind: "file_change", path: "/w/a.txt" },
    { kind: "usage", isCumulative: true, inputTokens: 3, outputTokens: 2, cachedTokens: 1, costUsd: 0.5 },
    { kind: "ended", isOk: true },
  ]);
});

test("a tool that is told only when it was used is told once", () => {
  const used = { sessionUpdate: "tool_call_update", toolCallId: "2", kind: "execute", title: "npm test" };
  expect(read(update(used), update({ ...used, status: "completed" }))).toEqual([
    { kind: "tool", name: "execute", detail: "npm test" },
  ]);
});

test("a tool that is announced before it is known what for is told when it is", () => {
  const call = { toolCallId: "3", kind: "execute", title: "bash" };
  const rawInput = { command: "npm test" };
  expect(
    read(
      update({ sessionUpdate: "tool_call", ...call, status: "pending", rawInput: {} }),
      update({ sessionUpdate: "tool_call_update", ...call, status: "in_progress", rawInput }),
      update({ sessionUpdate: "tool_call_update", ...call, status: "completed", rawInput }),
    ),
  ).toEqual([{ kind: "tool", name: "execute", detail: "npm test" }]);
});

test("each end that is none, and each error, says what it is", () => {
  const end = (line: object) => summarise(read(line)).end;
  expect(end({ acp: "end", reason: "refusal" })).toMatchObject({ isOk: false });
  expect(end({ acp: "end", reason: "max_tokens" })).toMatchObject({ isOk: false });
  expect(end({ acp: "error", code: -32_000, message: "Authentication required" })).toMatchObject({
    isRetryable: false,
    trouble: "auth",
  });
  expect(
    end({ acp: "error", message: "Internal error", data: { details: "429 Too Many Requests" } }),
  ).toMatchObject({
    isRetryable: true,
    trouble: "rate_limit",
  });
  // The next launch begins a new session.
  const gone = summarise(read({ acp: "error", message: "no such session", isGone: true }));
  expect([gone.end?.isRetryable, gone.session]).toEqual([true, undefined]);
});

test("a session that cannot be loaded is none to go on with; a cost of nothing is unknown", () => {
  const report = summarise(
    read(
      { acp: "session" },
      update({ sessionUpdate: "usage_update", cost: { amount: 0, currency: "USD" } }),
      { acp: "permission", title: "rm", answer: "denied" },
      { acp: "waiting" },
      { acp: "end", reason: "end_turn", usage: { inputTokens: 1, outputTokens: 1 } },
    ),
  );
  expect(report.session).toBeUndefined();
  expect(report.usage).not.toHaveProperty("costUsd");
  expect(report.end?.error).toBe("it was not allowed to use rm");
});
