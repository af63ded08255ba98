import type { AgentEvent, TokenUsage } from "../domain/agent-event.ts";
import {
  given,
  isObject,
  type JsonObject,
  numberAt,
  objectAt,
  objectsAt,
  parseObject,
  textAt,
} from "./json.ts";

/** What must not count twice: a message comes once for each of its parts, a denial when it happens and at the end. */
export interface Seen {
  readonly messages: Set<string>;
  readonly denials: Set<string>;
}

/** Reads the last word of a launch: what was denied, what the session has used, and how it ended. */
export function resultEvents(line: JsonObject, seen: Seen): readonly AgentEvent[] {
  const isOk = line["is_error"] !== true && line["subtype"] === "success";
  const status = numberAt(line, "api_error_status");
  const usage = sessionUsage(line);
  return [
    ...denied(objectsAt(line, "permission_denials"), seen),
    ...(usage === undefined ? [] : [{ kind: "usage", isCumulative: true, ...usage } as const]),
    isOk
      ? { kind: "ended", isOk }
      : {
          kind: "ended",
          isOk,
          error: withLogin(errorOf(line, status), status),
          ...given("status", status),
          ...given("trouble", isEmpty(line) ? ("quota" as const) : undefined),
          ...given("isRetryable", isPassing(line) ? true : undefined),
        },
  ];
}

/** Returns what the program gave as its answer: the object that it held against the schema, else its last words. */
export function claudeAnswer(output: string): unknown {
  for (const text of output.split("\n").toReversed()) {
    const line = text.includes('"result"') ? parseObject(text) : undefined;
    if (line?.["type"] === "result") return objectAt(line, "structured_output") ?? textAt(line, "result");
  }
  return undefined;
}

/** A key that is not accepted stays so: the reason says what to do about it. */
const withLogin = (error: string, status: number | undefined): string =>
  status === 401 || status === 403 ? `${error}; log in by /login in claude, or set ANTHROPIC_API_KEY` : error;

/** No status of its own tells that an account has no money left. */
const isEmpty = (line: JsonObject): boolean => /credit balance is too low/i.test(wordsOf(line) ?? "");

/** No status tells that the network is away, or that a session is gone, after which a new one is begun. */
const isPassing = (line: JsonObject): boolean =>
  line["api_error"] === "connection_failed" ||
  wordsOf(line)?.startsWith("No conversation found with session ID") === true;

/** The longest error that is passed on, in characters. */
const ERROR_LIMIT = 2_000;

/** Names the kind of error in front of its words: "rate_limit_error (429): You've hit your limit". */
function errorOf(line: JsonObject, status: number | undefined): string {
  const subtype = line["subtype"] === "success" ? undefined : textAt(line, "subtype");
  const named = textAt(line, "api_error_type") ?? textAt(line, "api_error") ?? subtype;
  const kind = named ?? (status === undefined ? undefined : ERROR_KINDS.get(status));
  const words = wordsOf(line);
  const head = [kind, status === undefined ? undefined : `(${status})`]
    .filter((part) => part !== undefined)
    .join(" ");
  const said = [head, words].filter((part) => part !== undefined && part !== "").join(": ");
  return (said === "" ? "it failed without saying why" : said).slice(0, ERROR_LIMIT);
}

function wordsOf(line: JsonObject): string | undefined {
  const list = line["errors"];
  const errors = Array.isArray(list) ? list.filter((each) => typeof each === "string") : [];
  return textAt(line, "result") ?? (errors.length > 0 ? errors.join("; ") : undefined);
}

/** Older versions give the status alone. */
const ERROR_KINDS = new Map([
  [401, "authentication_error"],
  [403, "permission_error"],
  [429, "rate_limit_error"],
  [500, "api_error"],
  [529, "overloaded_error"],
]);

/** Returns an event for each refusal that was not told yet. */
export function denied(denials: readonly JsonObject[], seen: Seen): readonly AgentEvent[] {
  return denials.flatMap((denial): readonly AgentEvent[] => {
    const tool = textAt(denial, "tool_name") ?? "a tool";
    const id = textAt(denial, "tool_use_id") ?? tool;
    if (seen.denials.has(id)) return [];
    seen.denials.add(id);
    return [{ kind: "denied", tool }];
  });
}

/** What is billed as input anew: writing to the cache included, reading from it not. */
export const messageUsage = (usage: JsonObject): TokenUsage => ({
  inputTokens: (numberAt(usage, "input_tokens") ?? 0) + (numberAt(usage, "cache_creation_input_tokens") ?? 0),
  outputTokens: numberAt(usage, "output_tokens") ?? 0,
  cachedTokens: numberAt(usage, "cache_read_input_tokens") ?? 0,
});

/**
 * Returns what the session has used: `modelUsage` and `total_cost_usd` count over its resumes, and with all models,
 * whereas `usage` is that of this process, and empty when a budget ended it.
 */
function sessionUsage(line: JsonObject): TokenUsage | undefined {
  const models = Object.values(objectAt(line, "modelUsage") ?? {}).filter(isObject);
  const usage = objectAt(line, "usage");
  if (models.length === 0 && usage === undefined) return undefined;
  const sum = (key: string): number =>
    models.reduce((total, model) => total + (numberAt(model, key) ?? 0), 0);
  const isKnown = models.every((model) => model["costBasis"] !== "unknown");
  const cost = given("costUsd", isKnown ? numberAt(line, "total_cost_usd") : undefined);
  if (models.length === 0) return { ...messageUsage(usage ?? {}), ...cost };
  return {
    inputTokens: sum("inputTokens") + sum("cacheCreationInputTokens"),
    outputTokens: sum("outputTokens"),
    cachedTokens: sum("cacheReadInputTokens"),
    ...cost,
  };
}
