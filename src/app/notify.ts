import type { NotifyConfig } from "../domain/config.ts";
import type { ChantEvent } from "../domain/event.ts";
import { notificationOf, type NotifyEvent } from "../domain/notification.ts";
import { type Redact, redactData } from "../domain/redact.ts";
import type { RetryPolicy } from "../domain/retry.ts";
import { plural } from "../kit/text.ts";
import { delay } from "../host/clock.ts";
import { command } from "./notify/command.ts";
import { type Deliver, DeliveryQueue } from "./notify/delivery-queue.ts";
import { desktop } from "./notify/desktop.ts";
import { webhook } from "./notify/webhook.ts";

export interface NotifierOptions {
  readonly config: NotifyConfig;
  /** The path of the checkout: commands run there, and whoever is told is told of it. */
  readonly repository: string;
  /** Holds the webhook's secret; commands inherit it. */
  readonly env: NodeJS.ProcessEnv;
  /** Told of what does not work, once each kind until it works again. */
  readonly warn: (message: string) => void;
  readonly platform: NodeJS.Platform;
  /** Takes out what nobody is to be told. */
  readonly redact?: Redact;
  readonly limits?: Partial<NotifierLimits>;
  /** Returns a number from 0 to 1. */
  readonly random?: () => number;
}

export interface NotifierLimits {
  /** For each try of a webhook. */
  readonly webhookMs: number;
  readonly webhookRetry: Omit<RetryPolicy, "retryablePatterns">;
  readonly commandMs: number;
  readonly desktopMs: number;
  /** How many may wait for each kind of notifier. */
  readonly waiting: number;
  /** How long the end waits for what is under way. */
  readonly closeMs: number;
}

const LIMITS: NotifierLimits = {
  webhookMs: 5000,
  webhookRetry: { maxRetries: 3, retryDelayMs: 1000, backoffMultiplier: 3, maxDelayMs: 10_000, jitter: 0.2 },
  commandMs: 30_000,
  desktopMs: 10_000,
  waiting: 100,
  closeMs: 3000,
};

interface Channel {
  readonly events: readonly NotifyEvent[];
  readonly queue: DeliveryQueue;
}

/**
 * Tells people who look elsewhere, by webhook, command and desktop. Each works through a queue of its own: a slow or
 * broken one holds up neither the others nor whoever tells it of events.
 */
export class Notifier implements AsyncDisposable {
  readonly #options: NotifierOptions;
  readonly #limits: NotifierLimits;
  readonly #controller = new AbortController();
  readonly #channels: readonly Channel[];
  #isClosed = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#channels = [...this.#webhook(), ...this.#command(), ...this.#desktop()];
  }

  /** Tells those who want to know of such an event, some time soon. Never waits and never throws. */
  note(event: ChantEvent): void {
    const plain = notificationOf(event);
    if (plain === undefined || this.#isClosed) return;
    const { redact } = this.#options;
    const notification = redact === undefined ? plain : redactData(plain, redact);
    for (const { events, queue } of this.#channels) {
      if (events.includes(notification.event)) queue.add(notification);
    }
  }

  /** Waits up to so many milliseconds for what is under way, then stops it. Nothing is told afterwards. */
  async close(limitMs: number = this.#limits.closeMs): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const done = new AbortController();
    const late = delay(limitMs, done.signal).catch(() => undefined);
    await Promise.race([Promise.all(this.#channels.map(({ queue }) => queue.idle)), late]);
    done.abort();
    const left = this.#channels.reduce((sum, { queue }) => sum + queue.size, 0);
    this.#controller.abort();
    if (left > 0) this.#options.warn(`${plural(left, "notification")} could not be sent before the end.`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  *#webhook(): Generator<Channel> {
    const { config, env, repository, random = Math.random, warn } = this.#options;
    if (config.webhook === undefined) return;
    const { url, secretEnv, events } = config.webhook;
    const secret = secretEnv === undefined ? undefined : env[secretEnv];
    if (secretEnv !== undefined && (secret ?? "") === "") {
      warn(
        `The webhook is not called: ${secretEnv}, which notify.webhook.secret_env names, is not in the environment.`,
      );
      return;
    }
    const { webhookMs: timeoutMs, webhookRetry: retry } = this.#limits;
    // Paths and queries of webhooks are often secrets themselves.
    const { origin } = new URL(url);
    const deliver = webhook({ url, secret, repository, timeoutMs, retry, random });
    yield this.#channel(`The webhook at ${origin}`, events, deliver);
  }

  *#command(): Generator<Channel> {
    const { config, env, repository } = this.#options;
    if (config.command === undefined) return;
    const { argv, events } = config.command;
    const deliver = command({ argv, env, repository, timeoutMs: this.#limits.commandMs });
    yield this.#channel("The command of notify.command", events, deliver);
  }

  *#desktop(): Generator<Channel> {
    const { config, platform, env, repository } = this.#options;
    if (config.desktop === undefined) return;
    const deliver = desktop({ platform, env, repository, timeoutMs: this.#limits.desktopMs });
    yield this.#channel("The desktop", config.desktop.events, deliver);
  }

  #channel(name: string, events: readonly NotifyEvent[], deliver: Deliver): Channel {
    const warn = (problem: string): void => this.#options.warn(`${name} could not be told: ${problem}.`);
    const { signal } = this.#controller;
    return { events, queue: new DeliveryQueue({ limit: this.#limits.waiting, deliver, warn, signal }) };
  }
}
