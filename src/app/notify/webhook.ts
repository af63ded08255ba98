import { createHmac } from "node:crypto";
import { retryDelayMs, type RetryPolicy } from "../../domain/retry.ts";
import { delay } from "../../host/clock.ts";
import { post, type PostResult } from "../../host/http.ts";
import type { Deliver } from "./delivery-queue.ts";
import { payloadOf } from "./payload.ts";

export interface WebhookOptions {
  readonly url: string;
  /** Signs the posts; unsigned without one. */
  readonly secret: string | undefined;
  readonly repository: string;
  readonly timeoutMs: number;
  readonly retry: Omit<RetryPolicy, "retryablePatterns">;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
}

/** Statuses after which the same post may well be taken. */
const PASSING = [408, 425, 429];

/** Tells by a JSON post, several times if need be. */
export function webhook(options: WebhookOptions): Deliver {
  const { url, secret, repository, timeoutMs, random } = options;
  const policy: RetryPolicy = { ...options.retry, retryablePatterns: [] };
  return async (notification, signal) => {
    const body = JSON.stringify(payloadOf(notification, repository));
    const headers = {
      "content-type": "application/json",
      "user-agent": "chant",
      ...(secret === undefined ? {} : { "X-Chant-Signature": signatureOf(secret, body) }),
    };
    for (let retry = 1; ; retry += 1) {
      const result = await post(url, { headers, body, timeoutMs, signal });
      const problem = problemOf(result);
      if (problem === undefined) return { kind: "told" };
      if (!isPassing(result) || retry > policy.maxRetries || signal.aborted) {
        return { kind: "failed", problem };
      }
      await delay(retryDelayMs({ retry, policy, random: random() }), signal);
    }
  };
}

const signatureOf = (secret: string, body: string): string =>
  `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;

function problemOf(result: PostResult): string | undefined {
  if (result.kind === "unanswered") return result.problem;
  const { status } = result;
  if (status >= 200 && status < 300) return undefined;
  return `it answered ${status}${status >= 300 && status < 400 ? ", and redirects are not followed" : ""}`;
}

const isPassing = (result: PostResult): boolean =>
  result.kind === "unanswered" || result.status >= 500 || PASSING.includes(result.status);
