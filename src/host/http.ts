/** What came of a post: the status of whatever answered, or why nobody did. */
export type PostResult =
  | { readonly kind: "answered"; readonly status: number }
  | { readonly kind: "unanswered"; readonly problem: string };

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For all of it: the name, the connection, the answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Posts to an http or https address and waits for the status alone: what the answer says is not read, and a redirect is
 * an answer like any other.
 */
export async function post(url: string, options: PostOptions): Promise<PostResult> {
  const { protocol } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") {
    return { kind: "unanswered", problem: `${protocol} is neither http: nor https:` };
  }
  // Both are heavy, and most chants never post anything.
  const { request } = protocol === "https:" ? await import("node:https") : await import("node:http");
  const { body, timeoutMs, signal } = options;
  const headers = { ...options.headers, "content-length": Buffer.byteLength(body) };
  return new Promise((resolve) => {
    // Without an agent, no connection is kept for later.
    const sent = request(url, { method: "POST", headers, agent: false });
    const settle = (result: PostResult): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      resolve(result);
      sent.destroy();
    };
    const fail = (problem: string): void => settle({ kind: "unanswered", problem });
    const stop = (): void => fail("it was stopped");
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    signal.addEventListener("abort", stop);
    sent.on("response", (response) => {
      // It is cut off below, and that is no fault of anybody's.
      response.on("error", () => undefined);
      settle({ kind: "answered", status: response.statusCode ?? 0 });
    });
    sent.on("error", (error) => fail(error.message === "" ? error.name : error.message));
    sent.end(body);
    if (signal.aborted) stop();
  });
}
