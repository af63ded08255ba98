import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { anthropic } from "./wire/anthropic.ts";
import { gemini } from "./wire/gemini.ts";
import { openaiChat } from "./wire/openai-chat.ts";
import { openaiResponses } from "./wire/openai-responses.ts";
import type { Answer, Question, Spoken, Wire } from "./wire/wire.ts";

/** One question of an agent, as far as tests look at it. */
export interface ModelRequest extends Pick<Question, "model" | "messages"> {
  readonly apiKey: string | undefined;
}

/** What the model says, question by question; a promise lets a test decide when. */
export type Answers = readonly [Answer | Promise<Answer>, ...(Answer | Promise<Answer>)[]];

const WIRES: readonly Wire[] = [anthropic, openaiResponses, openaiChat, gemini];

/** What an agent is told that asks for itself, such as for the title of its session. */
const ASIDE: Spoken = { kind: "text", text: "A title" };

/** A model on loopback that says what a test wrote down, in whichever format it is asked. */
export class ModelServer implements AsyncDisposable {
  /** What it was asked as a model that works; what an agent asks for itself is not among it. */
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
    const wire = WIRES.find(({ isPath }) => isPath(path));
    if (request.method !== "POST" || wire === undefined) {
      response.writeHead(request.method === "HEAD" ? 200 : 404).end();
      return;
    }
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Readonly<Record<string, unknown>>;
    const question = wire.question(path, body);
    if (!question.hasTools) {
      say(response, wire, ASIDE, question, 0);
      return;
    }
    const { model, messages } = question;
    this.requests.push({ model, messages, apiKey: keyOf(request) });
    const number = this.requests.length;
    const answer = await (this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0]);
    if (answer === undefined || answer.kind === "hang") return;
    if (answer.kind === "error") {
      response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
      response.end(JSON.stringify(answer.body ?? wire.error(answer.status)));
      return;
    }
    say(response, wire, answer, question, number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

function say(response: ServerResponse, wire: Wire, answer: Spoken, question: Question, number: number): void {
  if (!question.isStream) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(wire.whole(answer, question.model, number)));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const { event, data } of wire.stream(answer, question.model, number)) {
    if (event !== undefined) response.write(`event: ${event}\n`);
    response.write(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
  }
  response.end();
}

function keyOf({ headers }: IncomingMessage): string | undefined {
  const key =
    headers["x-api-key"] ?? headers["x-goog-api-key"] ?? headers.authorization?.replace(/^Bearer /, "");
  return Array.isArray(key) ? key[0] : key;
}

export const modelServer = (...answers: Answers): Promise<ModelServer> => new ModelServer(answers).listen();
