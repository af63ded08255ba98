import { stripVTControlCharacters } from "node:util";
import type { AgentEvent } from "../domain/agent-event.ts";
import { given, type JsonObject, numberAt, objectAt, textAt } from "./json.ts";
import { jsonLines } from "./json-lines.ts";
import type { TranscriptReader } from "./provider.ts";
import { toolDetail } from "./tool-detail.ts";
import { failed, type Reading } from "./trouble.ts";

type Events = readonly AgentEvent[];

/** Reads what `opencode run --format json` prints. Kinds of lines that it does not know say nothing. */
export function opencodeReader(nowMs: () => number): TranscriptReader {
  const reading: Reading = {
    login: "log in with opencode auth login, or set the key of its provider",
    nowMs,
  };
  let session: string | undefined;
  return jsonLines(
    (line) => {
      const named = textAt(line, "sessionID");
      if (named === undefined || named === session) return eventsOf(line, reading);
      session = named;
      return [{ kind: "started", session: named }, ...eventsOf(line, reading)];
    },
    (text) => plainEvents(text, reading),
  );
}

function eventsOf(line: JsonObject, reading: Reading): Events {
  const part = objectAt(line, "part") ?? {};
  switch (line["type"]) {
    case "text": {
      const text = textAt(part, "text");
      return text === undefined ? [] : [{ kind: "message", text }];
    }
    case "tool_use":
      return toolEvents(part);
    case "step_finish":
      return [...usageEvents(part), ...endEvents(textAt(part, "reason"))];
    case "error":
      return errorEvents(objectAt(line, "error") ?? {}, reading);
    default:
      return [];
  }
}

const WRITING = new Set(["write", "edit", "patch", "apply_patch", "multiedit"]);

/** A use of a tool is told when it is over. */
function toolEvents(part: JsonObject): Events {
  const name = textAt(part, "tool") ?? "a tool";
  const state = objectAt(part, "state") ?? {};
  const input = objectAt(state, "input") ?? {};
  const tool: AgentEvent = { kind: "tool", name, detail: toolDetail(input) };
  if (state["status"] === "error") {
    const isDenied = /rejected permission|permission denied|prevents? you from using/i.test(
      textAt(state, "error") ?? "",
    );
    return isDenied ? [tool, { kind: "denied", tool: name }] : [tool];
  }
  const path = textAt(objectAt(state, "metadata") ?? {}, "filepath") ?? textAt(input, "filePath");
  const isChange = WRITING.has(name) && path !== undefined;
  return isChange ? [tool, { kind: "file_change", path }] : [tool];
}

/** What one step has used. Of a model whose price it does not know it says that it cost nothing. */
function usageEvents(part: JsonObject): Events {
  const tokens = objectAt(part, "tokens");
  if (tokens === undefined) return [];
  const cache = objectAt(tokens, "cache") ?? {};
  const cost = numberAt(part, "cost");
  return [
    {
      kind: "usage",
      isCumulative: false,
      inputTokens: (numberAt(tokens, "input") ?? 0) + (numberAt(cache, "write") ?? 0),
      outputTokens: (numberAt(tokens, "output") ?? 0) + (numberAt(tokens, "reasoning") ?? 0),
      cachedTokens: numberAt(cache, "read") ?? 0,
      ...given("costUsd", cost === 0 ? undefined : cost),
    },
  ];
}

/** Why the model stopped, where that was not its own will. */
const CUT_OFF = new Map([
  ["length", "the model's answer was cut off, as it was too long"],
  ["content-filter", "the model's answer was held back by its provider's filter"],
  ["error", "the model's answer ended with an error"],
]);

/** It has no last word of its own: a step that ends otherwise than with tools is the last one, unless more come. */
function endEvents(reason: string | undefined): Events {
  if (reason === "stop") return [{ kind: "ended", isOk: true }];
  const error = reason === undefined ? undefined : CUT_OFF.get(reason);
  return error === undefined ? [] : [{ kind: "ended", isOk: false, error }];
}

function errorEvents(error: JsonObject, reading: Reading): Events {
  const data = objectAt(error, "data") ?? {};
  const kind = textAt(error, "name") ?? "an error";
  const message = textAt(data, "message") ?? textAt(error, "message");
  const status = numberAt(data, "statusCode");
  const body = textAt(data, "responseBody") ?? "";
  const isQuota = /insufficient_quota|exceeded your current quota|credit balance/i.test(body);
  const head = status === undefined ? kind : `${kind} (${status})`;
  return failed(
    {
      words: message === undefined ? head : `${head}: ${message}`,
      status,
      // What it says of a status that passes or not, the status says as well.
      ...(status === undefined ? given("isRetryable", booleanAt(data, "isRetryable")) : {}),
      ...(isQuota ? { trouble: "quota" } : {}),
    },
    reading,
  );
}

const booleanAt = (value: JsonObject, key: string): boolean | undefined => {
  const found = value[key];
  return typeof found === "boolean" ? found : undefined;
};

/** What it says on standard error of why it does not begin. */
function plainEvents(text: string, reading: Reading): Events | undefined {
  // The next launch begins anew.
  return stripVTControlCharacters(text) === "Error: Session not found"
    ? failed({ words: "Session not found", isRetryable: true }, reading)
    : undefined;
}
