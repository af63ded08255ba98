import type { AgentEvent } from "../domain/agent-event.ts";
import { denied, messageUsage, resultEvents, type Seen } from "./claude-result.ts";
import { given, type JsonObject, numberAt, objectAt, objectsAt, parseObject, textAt } from "./json.ts";
import type { TranscriptReader } from "./provider.ts";
import { toolDetail } from "./tool-detail.ts";

/** Reads what `claude -p --output-format stream-json --verbose` prints. Kinds of lines that it does not know say nothing. */
export function claudeReader(): TranscriptReader {
  const seen: Seen = { messages: new Set(), denials: new Set() };
  return {
    line(text) {
      const line = parseObject(text);
      if (line !== undefined) return eventsOf(line, seen);
      return text.trim() === "" ? [] : [{ kind: "message", text: withHint(text) }];
    },
  };
}

function eventsOf(line: JsonObject, seen: Seen): readonly AgentEvent[] {
  switch (line["type"]) {
    case "system":
      return systemEvents(line, seen);
    case "assistant":
      return assistantEvents(line, seen);
    case "user":
      return userEvents(line);
    case "rate_limit_event":
      return limitEvents(objectAt(line, "rate_limit_info") ?? line);
    case "result":
      return resultEvents(line, seen);
    default:
      return [];
  }
}

function systemEvents(line: JsonObject, seen: Seen): readonly AgentEvent[] {
  switch (line["subtype"]) {
    case "init":
    // Qwen Code calls it so.
    case "session_start":
      return [
        {
          kind: "started",
          ...given("session", textAt(line, "session_id")),
          ...given("model", textAt(line, "model")),
        },
      ];
    case "api_retry":
      return [
        {
          kind: "retrying",
          attempt: numberAt(line, "attempt") ?? 1,
          delayMs: numberAt(line, "retry_delay_ms") ?? 0,
          ...given("status", numberAt(line, "error_status")),
        },
      ];
    case "permission_denied":
      return denied([line], seen);
    default:
      return [];
  }
}

function assistantEvents(line: JsonObject, seen: Seen): readonly AgentEvent[] {
  const message = objectAt(line, "message") ?? {};
  const isError = line["is_api_error_message"] === true;
  const events: AgentEvent[] = [];
  for (const part of objectsAt(message, "content")) {
    const text = textAt(part, "text");
    if (part["type"] === "text" && text !== undefined) {
      events.push(
        isError
          ? { kind: "error", message: text, ...given("status", numberAt(line, "api_error_status")) }
          : { kind: "message", text },
      );
    } else if (part["type"] === "tool_use") {
      const detail = toolDetail(objectAt(part, "input") ?? {});
      events.push({ kind: "tool", name: textAt(part, "name") ?? "a tool", detail });
    }
  }
  const id = textAt(message, "id");
  const usage = objectAt(message, "usage");
  if (!isError && usage !== undefined && id !== undefined && !seen.messages.has(id)) {
    seen.messages.add(id);
    events.push({ kind: "usage", isCumulative: false, ...messageUsage(usage) });
  }
  return events;
}

/** What the program put into the conversation itself: results of tools, and its own remarks. */
function userEvents(line: JsonObject): readonly AgentEvent[] {
  const result = objectAt(line, "tool_use_result");
  const path = result === undefined ? undefined : textAt(result, "filePath");
  // Only tools that write files say what they changed.
  const isChange = Array.isArray(result?.["structuredPatch"]);
  if (path !== undefined && isChange) return [{ kind: "file_change", path }];
  // What an agent tells an agent of its own is no remark.
  if (textAt(line, "parent_tool_use_id") !== undefined) return [];
  return objectsAt(objectAt(line, "message") ?? {}, "content").flatMap((part): readonly AgentEvent[] => {
    const text = part["type"] === "text" ? textAt(part, "text") : undefined;
    return text === undefined ? [] : [{ kind: "message", text }];
  });
}

const LIMIT_STATUS = new Map([
  ["allowed", "allowed"],
  ["allowed_warning", "warning"],
  ["rejected", "rejected"],
] as const);

function limitEvents(info: JsonObject): readonly AgentEvent[] {
  const status = LIMIT_STATUS.get(info["status"] as "allowed");
  if (status === undefined) return [];
  const resetsAtSeconds = numberAt(info, "resetsAt");
  return [
    {
      kind: "limit",
      status,
      ...given("resetsAtMs", resetsAtSeconds === undefined ? undefined : resetsAtSeconds * 1000),
      ...given("limit", textAt(info, "rateLimitType")),
    },
  ];
}

function withHint(text: string): string {
  const hint =
    "; where the machine is a sandbox, set IS_SANDBOX: 1 under the agent's env in .chant/config.md";
  return text.includes("cannot be used with root/sudo privileges") ? text.trim() + hint : text;
}
