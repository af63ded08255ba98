import type { AgentEvent } from "../domain/agent-event.ts";
import { given, isObject, type JsonObject, numberAt, objectAt, objectsAt, textAt } from "./json.ts";
import { jsonLines } from "./json-lines.ts";
import type { TranscriptReader } from "./provider.ts";
import { toolDetail } from "./tool-detail.ts";
import { failed, type Reading } from "./trouble.ts";

type Events = readonly AgentEvent[];

/** Reads what `cursor-agent -p --output-format stream-json` prints by its documentation. Other kinds of lines say nothing. */
export function cursorReader(nowMs: () => number): TranscriptReader {
  const reading: Reading = { login: "log in with cursor-agent login, or set CURSOR_API_KEY", nowMs };
  return jsonLines((line) => eventsOf(line, reading));
}

function eventsOf(line: JsonObject, reading: Reading): Events {
  switch (line["type"]) {
    case "system":
      return line["subtype"] === "init"
        ? [
            {
              kind: "started",
              ...given("session", textAt(line, "session_id")),
              ...given("model", textAt(line, "model")),
            },
          ]
        : [];
    case "assistant":
      return objectsAt(objectAt(line, "message") ?? {}, "content").flatMap((part): Events => {
        const text = textAt(part, "text");
        return text === undefined ? [] : [{ kind: "message", text }];
      });
    case "tool_call":
      return toolEvents(line);
    case "result":
      return resultEvents(line, reading);
    default:
      return [];
  }
}

/** The name of the tool is the key under which its call stands: `{ "shellToolCall": { "args": ..., "result": ... } }`. */
function toolEvents(line: JsonObject): Events {
  const [key, call] =
    Object.entries(objectAt(line, "tool_call") ?? {}).find(([, value]) => isObject(value)) ?? [];
  if (key === undefined || !isObject(call)) return [];
  const name = key.replace(/ToolCall$/, "");
  const input = objectAt(call, "args") ?? {};
  if (line["subtype"] === "started") return [{ kind: "tool", name, detail: toolDetail(input) }];
  const result = objectAt(call, "result") ?? {};
  if (objectAt(result, "rejected") !== undefined) return [{ kind: "denied", tool: name }];
  const path = textAt(input, "path");
  const isChange = objectAt(result, "success") !== undefined && /^(?:write|edit|delete)/.test(name);
  return isChange && path !== undefined ? [{ kind: "file_change", path }] : [];
}

function resultEvents(line: JsonObject, reading: Reading): Events {
  const usage = objectAt(line, "usage");
  const told: Events =
    usage === undefined
      ? []
      : [
          {
            kind: "usage",
            isCumulative: false,
            inputTokens: (numberAt(usage, "inputTokens") ?? 0) + (numberAt(usage, "cacheWriteTokens") ?? 0),
            outputTokens: numberAt(usage, "outputTokens") ?? 0,
            cachedTokens: numberAt(usage, "cacheReadTokens") ?? 0,
          },
        ];
  const isOk = line["is_error"] !== true && line["subtype"] === "success";
  if (isOk) return [...told, { kind: "ended", isOk }];
  return [...told, ...failed({ words: textAt(line, "result") ?? textAt(line, "subtype") ?? "" }, reading)];
}
