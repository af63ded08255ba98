import { listOf, type Spoken, TOKENS, type Wire } from "./wire.ts";

const PATH = /^\/v1(?:beta)?\/models\/([^:]+):(generateContent|streamGenerateContent)$/;

/** The format of Gemini. */
export const gemini: Wire = {
  isPath: (path) => PATH.test(path),
  question: (path, { contents, tools }) => {
    const [, model = "", method = ""] = PATH.exec(path) ?? [];
    return {
      model,
      messages: listOf(contents),
      hasTools: listOf(tools).length > 0,
      isStream: method === "streamGenerateContent",
    };
  },
  whole: answerOf,
  stream: (answer, model, number) => [{ data: answerOf(answer, model, number) }],
  error: (status) => ({ error: ERRORS[status] }),
};

/** What an account says that may ask again after some seconds. */
export const quotaPerMinute = (retrySeconds: number): unknown => ({
  error: {
    ...ERRORS[429],
    message: `You exceeded your current quota, please check your plan and billing details. Please retry in ${retrySeconds}s.`,
    details: [
      {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        violations: [{ quotaId: "GenerateRequestsPerMinutePerProjectPerModel" }],
      },
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${retrySeconds}s` },
    ],
  },
});

/** What an account says whose day is used up. */
export const quotaPerDay: unknown = {
  error: {
    code: 429,
    message: "You exceeded your current quota, please check your plan and billing details.",
    status: "RESOURCE_EXHAUSTED",
    details: [
      {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel" }],
      },
    ],
  },
};

const ERRORS = {
  401: { code: 401, message: "API key not valid. Please pass a valid API key.", status: "UNAUTHENTICATED" },
  429: {
    code: 429,
    message: "Resource has been exhausted (e.g. check quota).",
    status: "RESOURCE_EXHAUSTED",
  },
  500: { code: 500, message: "An internal error has occurred.", status: "INTERNAL" },
} as const;

function answerOf(answer: Spoken, model: string, number: number) {
  return {
    candidates: [
      {
        index: 0,
        content: {
          role: "model",
          parts: [
            answer.kind === "text"
              ? { text: answer.text }
              : { functionCall: { id: `call_${number}`, name: answer.name, args: answer.input } },
          ],
        },
        finishReason: "STOP",
      },
    ],
    // What came out of the cache is part of the prompt there.
    usageMetadata: {
      promptTokenCount: TOKENS.input + TOKENS.cached,
      cachedContentTokenCount: TOKENS.cached,
      candidatesTokenCount: TOKENS.output,
      totalTokenCount: TOKENS.input + TOKENS.cached + TOKENS.output,
    },
    modelVersion: model,
    responseId: `resp-${number}`,
  };
}
