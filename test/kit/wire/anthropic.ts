import { listOf, type ServerSentEvent, type Spoken, textOf, TOKENS, type Wire } from "./wire.ts";

/** The Messages format of Anthropic. */
export const anthropic: Wire = {
  isPath: (path) => path === "/v1/messages",
  question: (_path, { model, messages, stream }) => ({
    model: textOf(model),
    messages: listOf(messages),
    // Claude Code asks a schema's answer without tools: nothing of what it asks is on the side.
    hasTools: true,
    isStream: stream === true,
  }),
  whole: messageOf,
  stream: (answer, model, number) => eventsOf(messageOf(answer, model, number)),
  error: (status) => ({ type: "error", error: ERRORS[status] }),
};

/** The headers by which an account on a plan is told that its limit is reached, and until when. */
export const limitHeaders = (resetsAtMs: number): Readonly<Record<string, string>> => ({
  "anthropic-ratelimit-unified-status": "rejected",
  "anthropic-ratelimit-unified-reset": String(Math.floor(resetsAtMs / 1000)),
  "anthropic-ratelimit-unified-representative-claim": "five_hour",
});

const ERRORS = {
  401: { type: "authentication_error", message: "invalid x-api-key" },
  429: { type: "rate_limit_error", message: "This request would exceed your account's rate limit." },
  500: { type: "api_error", message: "Internal server error" },
} as const;

interface Message {
  readonly content: readonly [{ readonly type: string; readonly [key: string]: unknown }];
  readonly stop_reason: string;
  readonly usage: object;
  readonly [key: string]: unknown;
}

function messageOf(answer: Spoken, model: string, number: number): Message {
  return {
    id: `msg_${number}`,
    type: "message",
    role: "assistant",
    model,
    content: [
      answer.kind === "text"
        ? { type: "text", text: answer.text }
        : { type: "tool_use", id: `toolu_${number}`, name: answer.name, input: answer.input },
    ],
    stop_reason: answer.kind === "text" ? "end_turn" : "tool_use",
    stop_sequence: null,
    usage: {
      input_tokens: TOKENS.input,
      cache_read_input_tokens: TOKENS.cached,
      cache_creation_input_tokens: 0,
      output_tokens: TOKENS.output,
    },
  };
}

/** The smallest stream that says a message: its block starts empty and comes in one piece. */
function eventsOf(message: Message): readonly ServerSentEvent[] {
  const [block] = message.content;
  const isText = block.type === "text";
  return [
    { type: "message_start", message: { ...message, content: [], stop_reason: null } },
    {
      type: "content_block_start",
      index: 0,
      content_block: isText ? { type: "text", text: "" } : { ...block, input: {} },
    },
    {
      type: "content_block_delta",
      index: 0,
      delta: isText
        ? { type: "text_delta", text: block["text"] }
        : { type: "input_json_delta", partial_json: JSON.stringify(block["input"]) },
    },
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: message.stop_reason, stop_sequence: null },
      usage: message.usage,
    },
    { type: "message_stop" },
  ].map((data) => ({ event: data.type, data }));
}
