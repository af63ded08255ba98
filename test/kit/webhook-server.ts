import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Post {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What is answered: a status with headers; "hang" never answers, "drop" closes the connection. */
export type WebhookAnswer =
  | number
  | readonly [status: number, headers: Readonly<Record<string, string>>]
  | "hang"
  | "drop";

/** A server on loopback that takes posts, and answers them in turn, the last answer for all that follow. */
export class WebhookServer implements AsyncDisposable {
  readonly posts: Post[] = [];
  readonly #answers: WebhookAnswer[];
  readonly #server = createServer((request, response) => void this.#take(request, response));
  readonly #arrived = new EventTarget();

  constructor(answers: readonly WebhookAnswer[]) {
    this.#answers = [...answers];
  }

  static async start(...answers: readonly WebhookAnswer[]): Promise<WebhookServer> {
    const server = new WebhookServer(answers);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Settles once so many posts have come. */
  async arrived(count: number): Promise<readonly Post[]> {
    while (this.posts.length < count) {
      await new Promise((resolve) => this.#arrived.addEventListener("post", resolve, { once: true }));
    }
    return this.posts;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method, url: path, headers } = request;
    this.posts.push({ method, path, headers, body: Buffer.concat(chunks).toString("utf8") });
    const answer = (this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0]) ?? 204;
    if (answer === "drop") request.socket.destroy();
    else if (typeof answer === "number") response.writeHead(answer).end("thanks");
    else if (answer !== "hang") response.writeHead(...answer).end();
    this.#arrived.dispatchEvent(new Event("post"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
