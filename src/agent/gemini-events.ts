import type { AgentEvent } from "../domain/agent-event.ts";
import { given, type JsonObject, numberAt, objectAt, textAt } from "./json.ts";
import { jsonLines } from "./json-lines.ts";
import { PieceByPiece } from "./piece-by-piece.ts";
import type { TranscriptReader } from "./provider.ts";
import { toolDetail } from "./tool-detail.ts";
import { failed, type Reading } from "./trouble.ts";

type Events = readonly AgentEvent[];

interface Seen {
  /** What the tools that write are about to change, by the id of their use. */
  readonly writes: Map<string, string>;
  readonly tools: Map<string, string>;
  readonly words: PieceByPiece;
}

/** Reads what `gemini -o stream-json` prints, and Qwen Code, which was made from it. Kinds of lines that it does not know say nothing. */
export function geminiReader(nowMs: () => number): TranscriptReader {
  const login =
    "run gemini once to log in, or set GEMINI_API_KEY (with an address of your own in GOOGLE_GEMINI_BASE_URL also security.auth.selectedType in ~/.gemini/settings.json)";
  const reading: Reading = { login, nowMs };
  const seen: Seen = { writes: new Map(), tools: new Map(), words: new PieceByPiece() };
  return jsonLines(
    (line) => eventsOf(line, seen, reading),
    (text) => plainEvents(text, reading),
  );
}

function eventsOf(line: JsonObject, seen: Seen, reading: Reading): Events {
  if (line["type"] === "message") {
    if (line["role"] !== "assistant") return [];
    const text = seen.words.take(textAt(line, "content") ?? "");
    return line["delta"] === true ? text : [...text, ...seen.words.rest()];
  }
  return [...seen.words.rest(), ...otherEvents(line, seen, reading)];
}

function otherEvents(line: JsonObject, seen: Seen, reading: Reading): Events {
  switch (line["type"]) {
    case "init":
      return [
        {
          kind: "started",
          ...given("session", textAt(line, "session_id")),
          ...given("model", textAt(line, "model")),
        },
      ];
    case "tool_use":
      return toolEvents(line, seen);
    case "tool_result":
      return resultOfTool(line, seen);
    case "error":
      return [{ kind: "error", message: textAt(line, "message") ?? "it met an error" }];
    case "result":
      return lastWord(line, reading);
    default:
      return [];
  }
}

const WRITING = new Set(["write_file", "replace", "edit"]);

function toolEvents(line: JsonObject, seen: Seen): Events {
  const name = textAt(line, "tool_name") ?? "a tool";
  const input = objectAt(line, "parameters") ?? {};
  const id = textAt(line, "tool_id") ?? "";
  const path = textAt(input, "file_path");
  seen.tools.set(id, name);
  if (WRITING.has(name) && path !== undefined) seen.writes.set(id, path);
  return [{ kind: "tool", name, detail: toolDetail(input) }];
}

function resultOfTool(line: JsonObject, seen: Seen): Events {
  const id = textAt(line, "tool_id") ?? "";
  if (line["status"] === "success") {
    const path = seen.writes.get(id);
    return path === undefined ? [] : [{ kind: "file_change", path }];
  }
  const error = objectAt(line, "error") ?? {};
  const isDenied = /polic|denied|permission|not_allowed|unauthorized/i.test(textAt(error, "type") ?? "");
  return isDenied ? [{ kind: "denied", tool: seen.tools.get(id) ?? "a tool" }] : [];
}

function lastWord(line: JsonObject, reading: Reading): Events {
  const stats = objectAt(line, "stats");
  const usage = stats === undefined ? [] : [usageEvent(stats)];
  if (line["status"] === "success") return [...usage, { kind: "ended", isOk: true }];
  const error = objectAt(line, "error") ?? {};
  return [...usage, ...failed({ words: errorWords(textAt(error, "message") ?? "") }, reading)];
}

/** What the API said is there as JSON within words; its own words are enough, but for its status. */
function errorWords(message: string): string {
  const json = /\{.*\}/s.exec(message)?.[0];
  const said = json === undefined ? undefined : apiError(json);
  return said ?? message.replace(/^\[API Error: (.*)\]/s, "$1");
}

function apiError(json: string): string | undefined {
  try {
    const { error } = JSON.parse(json) as {
      readonly error?: { readonly code?: unknown; readonly message?: unknown };
    };
    return typeof error?.message === "string" ? `${error.message} (${String(error.code)})` : undefined;
  } catch {
    return undefined;
  }
}

/** What this process has used: a session that is resumed begins its count anew. */
const usageEvent = (stats: JsonObject): AgentEvent => {
  const cached = numberAt(stats, "cached") ?? 0;
  return {
    kind: "usage",
    isCumulative: false,
    inputTokens: numberAt(stats, "input") ?? Math.max(0, (numberAt(stats, "input_tokens") ?? 0) - cached),
    outputTokens: numberAt(stats, "output_tokens") ?? 0,
    cachedTokens: cached,
  };
};

const RETRYING = /^Attempt (\d+) failed(?: with status (\d{3}))?/;
const STACK =
  /^(?:at .+:\d+:\d+\)?(?: \{)?|\}|status: \d+|cause: .*|details: .*|code: \d+,?|message: '.*',?|retryDelayMs: .*|reason: .*|\},)$/;

/** What it says beside its events: that it asks again, and why it does not begin. */
function plainEvents(text: string, reading: Reading): Events | undefined {
  const [, attempt, status] = RETRYING.exec(text) ?? [];
  if (attempt !== undefined) {
    return [
      {
        kind: "retrying",
        attempt: Number(attempt),
        ...given("status", status === undefined ? undefined : Number(status)),
      },
    ];
  }
  // The places in its code where an error went by are for those who write it.
  if (STACK.test(text) || /^Suggested retry after .* Retrying after/.test(text)) return [];
  // The next launch begins anew.
  if (text.startsWith("Error resuming session:")) return failed({ words: text, isRetryable: true }, reading);
  return /^(?:Invalid auth method selected|Please set an Auth method)/.test(text)
    ? failed({ words: text, trouble: "auth" }, reading)
    : undefined;
}
