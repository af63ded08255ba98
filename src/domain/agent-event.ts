import { escapeTerminal, formatDuration } from "../kit/text.ts";
import { unreachable } from "../kit/unreachable.ts";

/** What a model was asked to read and write. Input that came from the provider's cache counts as `cachedTokens` alone. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  /** Absent where nobody knows it. */
  readonly costUsd?: number;
}

/** What of an account keeps an agent from working: a limit that ends by itself, a quota that is used up, or a key or login that is not accepted. */
export type AccountTrouble = "rate_limit" | "quota" | "auth";

/** What an agent's program says while it works, in one vocabulary for all providers. */
export type AgentEvent =
  /** `session` is the name under which the program can go on with this conversation. */
  | { readonly kind: "started"; readonly session?: string; readonly model?: string }
  | { readonly kind: "message"; readonly text: string }
  | { readonly kind: "tool"; readonly name: string; readonly detail: string }
  | { readonly kind: "file_change"; readonly path: string }
  /** A counter of the whole session where `isCumulative`, else what came on top. */
  | (TokenUsage & { readonly kind: "usage"; readonly isCumulative: boolean })
  /** How the account stands. `limit` names which of its limits; times are wall time in milliseconds since 1970. */
  | {
      readonly kind: "limit";
      readonly status: "allowed" | "warning" | "rejected";
      readonly resetsAtMs?: number;
      readonly limit?: string;
    }
  /** The program itself asks its model again, after `delayMs` where it says so. `status` is that of HTTP. */
  | {
      readonly kind: "retrying";
      readonly attempt: number;
      readonly delayMs?: number;
      readonly status?: number;
    }
  /** Something went wrong; the agent may go on all the same. */
  | { readonly kind: "error"; readonly message: string; readonly status?: number }
  /** The agent was not allowed to use a tool. */
  | { readonly kind: "denied"; readonly tool: string }
  /** The agent's last word; another one may follow when it took up more work. */
  | {
      readonly kind: "ended";
      readonly isOk: boolean;
      readonly error?: string;
      readonly status?: number;
      /** Whether trying again helps, where the status does not tell. */
      readonly isRetryable?: boolean;
      readonly resetsAtMs?: number;
      /** Where neither the status nor a limit tells. */
      readonly trouble?: AccountTrouble;
    };

/** The longest line that a log gets for one event, in characters. */
const LINE_LIMIT = 8 * 1024;

/** Returns an event as one line that is safe for a terminal; undefined when it says nothing to a reader. */
export function agentEventLine(event: AgentEvent): string | undefined {
  const line = lineOf(event);
  if (line === undefined) return undefined;
  const cut = line.length > LINE_LIMIT ? `${line.slice(0, LINE_LIMIT)}…` : line;
  return escapeTerminal(cut);
}

/** Returns an event as lines that are safe for a terminal: a message as it was written, anything else as one line. */
export function agentEventLines(event: AgentEvent): readonly string[] {
  const parts =
    event.kind === "message"
      ? event.text
          .trim()
          .split(/\r?\n/)
          .map((text) => ({ ...event, text }))
      : [event];
  // An empty line within a message parts its paragraphs.
  return parts.flatMap((part) => agentEventLine(part) ?? (parts.length > 1 ? "" : []));
}

function lineOf(event: AgentEvent): string | undefined {
  switch (event.kind) {
    case "started": {
      const model = event.model === undefined ? "" : ` with ${event.model}`;
      return `-- started${model}${event.session === undefined ? "" : `, session ${event.session}`}`;
    }
    case "message":
      return event.text.trim() === "" ? undefined : event.text.trim();
    case "tool":
      return `> ${event.name}${event.detail === "" ? "" : `: ${event.detail}`}`;
    case "file_change":
      return `* changed ${event.path}`;
    case "usage":
      return event.isCumulative ? `-- tokens: ${usageText(event)}` : undefined;
    case "limit":
      return event.status === "allowed" ? undefined : `!! ${limitText(event)}`;
    case "retrying": {
      const why = event.status === undefined ? "" : ` after status ${event.status}`;
      const when = event.delayMs === undefined ? "" : `, in ${formatDuration(event.delayMs)}`;
      return `!! asks its model again${why}, try ${event.attempt}${when}`;
    }
    case "error":
      return `!! ${event.message}`;
    case "denied":
      return `!! was not allowed to use ${event.tool}`;
    case "ended":
      return event.isOk ? "-- ended well" : `!! ended: ${event.error ?? "it failed"}`;
    default:
      return unreachable(event);
  }
}

function usageText(usage: TokenUsage): string {
  const [tokensIn, cached, tokensOut] = [usage.inputTokens, usage.cachedTokens, usage.outputTokens].map((n) =>
    n.toLocaleString("en-US"),
  );
  const cost = usage.costUsd === undefined ? "unknown" : `$${usage.costUsd.toFixed(4)}`;
  return `${tokensIn} in, ${cached} cached, ${tokensOut} out; cost ${cost}`;
}

function limitText(event: AgentEvent & { readonly kind: "limit" }): string {
  const which = event.limit === undefined ? "limit" : `limit ${event.limit}`;
  const said = event.status === "rejected" ? `${which} is reached` : `${which} is near`;
  return event.resetsAtMs === undefined ? said : `${said}; it resets at ${timeText(event.resetsAtMs)}`;
}

const timeText = (ms: number): string => {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? "an unknown time" : time.toISOString();
};
