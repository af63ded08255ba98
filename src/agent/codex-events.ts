import type { AgentEvent } from "../domain/agent-event.ts";
import { given, type JsonObject, numberAt, objectAt, objectsAt, textAt } from "./json.ts";
import { jsonLines } from "./json-lines.ts";
import type { TranscriptReader } from "./provider.ts";
import { failed, type Reading, statusIn } from "./trouble.ts";

type Events = readonly AgentEvent[];

/** Reads what `codex exec --json` prints. Kinds of lines that it does not know say nothing. */
export function codexReader(nowMs: () => number): TranscriptReader {
  const reading: Reading = {
    login: "log in with codex login, or set the key that its provider reads",
    nowMs,
  };
  const begun = new Set<string>();
  return jsonLines(
    (line) => eventsOf(line, begun, reading),
    (text) => plainEvents(text, reading),
  );
}

function eventsOf(line: JsonObject, begun: Set<string>, reading: Reading): Events {
  switch (line["type"]) {
    case "thread.started":
      return [{ kind: "started", ...given("session", textAt(line, "thread_id")) }];
    case "item.started":
    case "item.completed":
      return itemEvents(objectAt(line, "item") ?? {}, line["type"] === "item.completed", begun);
    case "turn.completed": {
      const usage = objectAt(line, "usage");
      return [...(usage === undefined ? [] : [usageEvent(usage)]), { kind: "ended", isOk: true }];
    }
    case "turn.failed":
      return failed({ words: textAt(objectAt(line, "error") ?? {}, "message") ?? "" }, reading);
    case "error":
      return errorEvents(textAt(line, "message") ?? "it met an error");
    default:
      return [];
  }
}

/** What an item says when it begins (a tool) or when it is whole (all else). */
function itemEvents(item: JsonObject, isWhole: boolean, begun: Set<string>): Events {
  const tool = toolOf(item);
  if (tool !== undefined) {
    const id = textAt(item, "id") ?? "";
    const isNew = !begun.has(id);
    begun.add(id);
    const isDenied = isWhole && item["status"] === "declined";
    return [
      ...(isNew ? [{ kind: "tool", ...tool } as const] : []),
      ...(isDenied ? [{ kind: "denied", tool: tool.name } as const] : []),
    ];
  }
  const text = textAt(item, "text") ?? textAt(item, "message");
  switch (isWhole ? item["type"] : undefined) {
    case "agent_message":
      return text === undefined ? [] : [{ kind: "message", text }];
    case "error":
      return text === undefined ? [] : [{ kind: "error", message: text }];
    case "file_change":
      return item["status"] === "failed"
        ? [{ kind: "error", message: "a change of files could not be made" }]
        : objectsAt(item, "changes").flatMap((change): Events => {
            const path = textAt(change, "path");
            return path === undefined ? [] : [{ kind: "file_change", path }];
          });
    default:
      return [];
  }
}

const DETAIL_LIMIT = 500;

function toolOf(item: JsonObject): { readonly name: string; readonly detail: string } | undefined {
  const detailAt = (key: string): string => (textAt(item, key) ?? "").slice(0, DETAIL_LIMIT);
  switch (item["type"]) {
    case "command_execution":
      return { name: "shell", detail: detailAt("command") };
    case "mcp_tool_call":
      return { name: `${textAt(item, "server") ?? "mcp"}.${textAt(item, "tool") ?? "a tool"}`, detail: "" };
    case "web_search":
      return { name: "web_search", detail: detailAt("query") };
    default:
      return undefined;
  }
}

/** A counter of the whole thread, its resumes included. What came out of the cache is part of its input. */
function usageEvent(usage: JsonObject): AgentEvent {
  const cached = numberAt(usage, "cached_input_tokens") ?? 0;
  return {
    kind: "usage",
    isCumulative: true,
    inputTokens: Math.max(0, (numberAt(usage, "input_tokens") ?? 0) - cached),
    outputTokens: numberAt(usage, "output_tokens") ?? 0,
    cachedTokens: cached,
  };
}

/** Without a network it says so for ever, and gives no number. */
const RECONNECTING = /^Reconnecting\.\.\. (?:(\d+)\/\d+|waiting for network)/;

/** What it met on its way; how it ended, another line says. */
function errorEvents(message: string): Events {
  const status = given("status", statusIn(message));
  const found = RECONNECTING.exec(message);
  return found === null
    ? [{ kind: "error", message, ...status }]
    : [{ kind: "retrying", attempt: Number(found[1] ?? 1), ...status }];
}

/** What it says on standard error of why it does not begin. */
function plainEvents(text: string, reading: Reading): Events | undefined {
  if (!text.startsWith("Error: ")) return undefined;
  // The next launch begins anew.
  const isGone = /no rollout found for thread id/.test(text);
  return failed({ words: text.slice("Error: ".length), ...(isGone ? { isRetryable: true } : {}) }, reading);
}
