import type { AgentEvent } from "../domain/agent-event.ts";
import { given, isObject, type JsonObject, numberAt, objectAt, objectsAt, textAt } from "./json.ts";
import { jsonLines } from "./json-lines.ts";
import { PieceByPiece } from "./piece-by-piece.ts";
import type { TranscriptReader } from "./provider.ts";
import { toolDetail } from "./tool-detail.ts";
import { failed, type Reading } from "./trouble.ts";

type Events = readonly AgentEvent[];

/** Reads what chant's own client of the Agent Client Protocol prints, and what its agent says beside it. */
export function acpReader(nowMs: () => number): TranscriptReader {
  const reading: Reading = { login: "log in with the agent's own program", nowMs };
  const words = new PieceByPiece();
  const tools = new Set<string>();
  let cost: number | undefined;
  return jsonLines((line) => {
    const update = line["acp"] === "update" ? (objectAt(line, "update") ?? {}) : undefined;
    if (update?.["sessionUpdate"] === "agent_message_chunk") {
      return words.take(textAt(objectAt(update, "content") ?? {}, "text") ?? "");
    }
    cost = update?.["sessionUpdate"] === "usage_update" ? (costOf(update) ?? cost) : cost;
    return [
      ...words.rest(),
      ...(update === undefined ? clientEvents(line, cost, reading) : updateEvents(update, tools)),
    ];
  });
}

/** A cost of nothing is told by agents that do not know it. */
function costOf(update: JsonObject): number | undefined {
  const cost = objectAt(update, "cost") ?? {};
  const amount = numberAt(cost, "amount");
  return cost["currency"] === "USD" && amount !== 0 ? amount : undefined;
}

/**
 * Some agents tell of a tool only once it was used, some before they know what for: it is told once, when something is
 * known of it. `tools` has those that were told.
 */
function updateEvents(update: JsonObject, tools: Set<string>): Events {
  const isNew = update["sessionUpdate"] === "tool_call";
  if (!isNew && update["sessionUpdate"] !== "tool_call_update") return [];
  const id = textAt(update, "toolCallId") ?? "";
  const name = textAt(update, "name") ?? textAt(update, "kind") ?? "tool";
  const isKnown = update["status"] !== "pending" || toolDetail(objectAt(update, "rawInput") ?? {}) !== "";
  const told: Events = isKnown && !tools.has(id) ? [{ kind: "tool", name, detail: detailOf(update) }] : [];
  if (isKnown) tools.add(id);
  return update["status"] === "completed" ? [...told, ...changesIn(update)] : told;
}

const detailOf = (update: JsonObject): string => {
  const said = toolDetail(objectAt(update, "rawInput") ?? {});
  return said === "" ? (textAt(update, "title") ?? "") : said;
};

const changesIn = (update: JsonObject): Events =>
  objectsAt(update, "content").flatMap((part): Events => {
    const path = part["type"] === "diff" ? textAt(part, "path") : undefined;
    return path === undefined ? [] : [{ kind: "file_change", path }];
  });

function clientEvents(line: JsonObject, cost: number | undefined, reading: Reading): Events {
  switch (line["acp"]) {
    case "session":
      return [{ kind: "started", ...given("session", textAt(line, "session")) }];
    case "asking":
      return [{ kind: "error", message: textAt(line, "message") ?? "it asks for a permission" }];
    case "permission":
      return line["answer"] === "denied" ? [{ kind: "denied", tool: textAt(line, "title") ?? "a tool" }] : [];
    case "end":
      return [...usageEvents(line["usage"], cost), ...endEvents(textAt(line, "reason") ?? "")];
    case "error":
      return errorEvents(line, reading);
    default:
      return [];
  }
}

/** A counter of the whole session, as the protocol has it. */
function usageEvents(usage: unknown, cost: number | undefined): Events {
  if (!isObject(usage)) return [];
  return [
    {
      kind: "usage",
      isCumulative: true,
      inputTokens: (numberAt(usage, "inputTokens") ?? 0) + (numberAt(usage, "cachedWriteTokens") ?? 0),
      outputTokens: numberAt(usage, "outputTokens") ?? 0,
      cachedTokens: numberAt(usage, "cachedReadTokens") ?? 0,
      ...given("costUsd", cost),
    },
  ];
}

const REASONS = new Map([
  ["max_tokens", "the model's answer was cut off, as it was too long"],
  ["max_turn_requests", "it reached its limit of questions to the model"],
  ["refusal", "the model refused to go on"],
  ["cancelled", "it was called off"],
]);

const endEvents = (reason: string): Events => [
  reason === "end_turn"
    ? { kind: "ended", isOk: true }
    : { kind: "ended", isOk: false, error: REASONS.get(reason) ?? `it stopped: ${reason}` },
];

/** What the protocol says when somebody has to log in first. */
const AUTH_REQUIRED = -32_000;

function errorEvents(line: JsonObject, reading: Reading): Events {
  const data = objectAt(line, "data") ?? {};
  const more = textAt(data, "details") ?? textAt(data, "message");
  const message = textAt(line, "message") ?? "";
  return failed(
    {
      words: more === undefined ? message : `${message}: ${more}`,
      ...(line["code"] === AUTH_REQUIRED ? { trouble: "auth" as const } : {}),
      ...(line["isGone"] === true ? { isRetryable: true } : {}),
    },
    reading,
  );
}
