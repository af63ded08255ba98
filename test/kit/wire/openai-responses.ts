import { listOf, type Spoken, textOf, TOKENS, type Wire } from "./wire.ts";

/** The Responses format of OpenAI, as Codex asks. */
export const openaiResponses: Wire = {
  isPath: (path) => path.endsWith("/responses"),
  question: (_path, { model, input, tools, stream }) => ({
    model: textOf(model),
    messages: listOf(input),
    // Codex offers the tools of newer models within the conversation.
    hasTools:
      listOf(tools).length > 0 ||
      listOf(input).some((item) => (item as { readonly type?: unknown }).type === "additional_tools"),
    isStream: stream === true,
  }),
  whole: responseOf,
  stream: (answer, model, number) => {
    const response = responseOf(answer, model, number);
    const { id, output, ...rest } = response;
    return [
      { type: "response.created", response: { id, ...rest, status: "in_progress", usage: null, output: [] } },
      { type: "response.output_item.done", output_index: 0, item: output[0] },
      { type: "response.completed", response },
    ].map((data) => ({ event: data.type, data }));
  },
  error: (status) => ({ error: OPENAI_ERRORS[status] }),
};

/** What the APIs of OpenAI say when they refuse. */
export const OPENAI_ERRORS = {
  401: { message: "Incorrect API key provided.", type: "invalid_request_error", code: "invalid_api_key" },
  429: { message: "Rate limit reached for requests.", type: "requests", code: "rate_limit_exceeded" },
  500: { message: "The server had an error.", type: "server_error", code: null },
} as const;

/** What an account says whose plan is used up until a time. */
export const usageLimitReached = (resetsAtMs: number): unknown => ({
  error: {
    type: "usage_limit_reached",
    message: "The usage limit has been reached",
    plan_type: "pro",
    resets_at: Math.floor(resetsAtMs / 1000),
    resets_in_seconds: Math.ceil((resetsAtMs - Date.now()) / 1000),
  },
});

/** What an account says that has no money left. */
export const insufficientQuota: unknown = {
  error: {
    message: "You exceeded your current quota, please check your plan and billing details.",
    type: "insufficient_quota",
    param: null,
    code: "insufficient_quota",
  },
};

function responseOf(answer: Spoken, model: string, number: number) {
  return {
    id: `resp_${number}`,
    object: "response",
    status: "completed",
    model,
    output: [
      answer.kind === "text"
        ? {
            type: "message",
            id: `msg_${number}`,
            role: "assistant",
            status: "completed",
            content: [{ type: "output_text", text: answer.text, annotations: [] }],
          }
        : callOf(answer, number),
    ],
    // What came out of the cache is part of the input there.
    usage: {
      input_tokens: TOKENS.input + TOKENS.cached,
      input_tokens_details: { cached_tokens: TOKENS.cached },
      output_tokens: TOKENS.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: TOKENS.input + TOKENS.cached + TOKENS.output,
    },
  };
}

/** A tool that takes plain text is called in another way than one that takes an object. */
function callOf({ name, input }: Spoken & { readonly kind: "tool" }, number: number) {
  const call = { id: `call_${number}`, call_id: `call_${number}`, name, status: "completed" };
  return typeof input === "string"
    ? { ...call, type: "custom_tool_call", input }
    : { ...call, type: "function_call", arguments: JSON.stringify(input) };
}
