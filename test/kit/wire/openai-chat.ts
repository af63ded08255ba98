import { OPENAI_ERRORS } from "./openai-responses.ts";
import { listOf, type Spoken, textOf, TOKENS, type Wire } from "./wire.ts";

/** The chat format of OpenAI, which Ollama and most local servers speak as well. */
export const openaiChat: Wire = {
  isPath: (path) => path.endsWith("/chat/completions"),
  question: (_path, { model, messages, tools, stream }) => ({
    model: textOf(model),
    messages: listOf(messages),
    hasTools: listOf(tools).length > 0,
    isStream: stream === true,
  }),
  whole: (answer, model, number) => ({
    ...frame(model, number, "chat.completion"),
    choices: [
      { index: 0, message: { role: "assistant", ...said(answer, number) }, finish_reason: reason(answer) },
    ],
    usage: USAGE,
  }),
  stream: (answer, model, number) => {
    const chunk = frame(model, number, "chat.completion.chunk");
    const delta = { role: "assistant", ...said(answer, number) };
    return [
      { data: { ...chunk, choices: [{ index: 0, delta, finish_reason: null }] } },
      { data: { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: reason(answer) }] } },
      { data: { ...chunk, choices: [], usage: USAGE } },
      { data: "[DONE]" },
    ];
  },
  error: (status) => ({ error: OPENAI_ERRORS[status] }),
};

const frame = (model: string, number: number, object: string) => ({
  id: `chatcmpl-${number}`,
  object,
  created: 1_700_000_000,
  model,
});

const reason = ({ kind }: Spoken): string => (kind === "text" ? "stop" : "tool_calls");

function said(answer: Spoken, number: number) {
  if (answer.kind === "text") return { content: answer.text };
  const call = { name: answer.name, arguments: JSON.stringify(answer.input) };
  return {
    content: null,
    tool_calls: [{ index: 0, id: `call_${number}`, type: "function", function: call }],
  };
}

const USAGE = {
  prompt_tokens: TOKENS.input + TOKENS.cached,
  prompt_tokens_details: { cached_tokens: TOKENS.cached },
  completion_tokens: TOKENS.output,
  total_tokens: TOKENS.input + TOKENS.cached + TOKENS.output,
};
