import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the model says next. */
export type Answer =
  | { readonly kind: "text"; readonly text: string }
  /** Asks the agent to use one of its tools. */
  | { readonly kind: "tool"; readonly name: string; readonly input: unknown }
  | {
      readonly kind: "error";
      readonly status: 401 | 429 | 500;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Takes the question and never answers. */
  | { readonly kind: "hang" };

/** One question of an agent, as far as tests look at it. */
export interface ModelRequest {
  readonly model: string;
  /** The conversation so far, as the agent sent it. */
  readonly messages: readonly unknown[];
  readonly apiKey: string | undefined;
}

/** The headers by which an account on a plan is told that its limit is reached, and until when. */
export const limitHeaders = (resetsAtMs: number): Readonly<Record<string, string>> => ({
  "anthropic-ratelimit-unified-status": "rejected",
  "anthropic-ratelimit-unified-reset": String(Math.floor(resetsAtMs / 1000)),
  "anthropic-ratelimit-unified-representative-claim": "five_hour",
});

/** What each answer is billed at, in tokens. */
export const TOKENS = { input: 100, cached: 20, output: 7 } as const;

/** What the model says, question by question; a promise lets a test decide when. */
type Answers = readonly [Answer | Promise<Answer>, ...(Answer | Promise<Answer>)[]];

/** A model on loopback that says what a test wrote down, in the Messages format of Anthropic. */
export class ModelServer implements AsyncDisposable {
  readonly requests: ModelRequest[] = [];
  readonly #answers: (Answer | Promise<Answer>)[];
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  /** The last of `answers` holds for every further question. */
  constructor(answers: Answers) {
    this.#answers = [...answers];
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, "127.0.0.1", resolve);
    });
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = new URL(request.url ?? "/", "http://loopback").pathname;
    if (request.method !== "POST" || path !== "/v1/messages") {
      response.writeHead(request.method === "HEAD" ? 200 : 404).end();
      return;
    }
    const { model, messages, stream } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as ModelRequest & {
      readonly stream?: boolean;
    };
    const key = request.headers["x-api-key"] ?? request.headers.authorization?.replace(/^Bearer /, "");
    this.requests.push({ model, messages, apiKey: Array.isArray(key) ? key[0] : key });
    const answer = await (this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0]);
    if (answer === undefined || answer.kind === "hang") return;
    if (answer.kind === "error") {
      response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
      response.end(JSON.stringify({ type: "error", error: ERRORS[answer.status] }));
      return;
    }
    const message = messageOf(answer, model, this.requests.length);
    if (stream !== true) {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(message));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const event of eventsOf(message)) {
      response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    }
    response.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

export const modelServer = (...answers: Answers): Promise<ModelServer> => new ModelServer(answers).listen();

const ERRORS = {
  401: { type: "authentication_error", message: "invalid x-api-key" },
  429: { type: "rate_limit_error", message: "This request would exceed your account's rate limit." },
  500: { type: "api_error", message: "Internal server error" },
} as const;

type Spoken = Extract<Answer, { readonly kind: "text" | "tool" }>;

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
function eventsOf(message: Message): readonly { readonly type: string; readonly [key: string]: unknown }[] {
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
  ];
}
