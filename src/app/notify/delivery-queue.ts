import type { Notification } from "../../domain/notification.ts";

/** What came of telling one notification. */
export type Delivery =
  | { readonly kind: "told" }
  | { readonly kind: "failed"; readonly problem: string }
  /** It cannot work here, so it is not tried again. */
  | { readonly kind: "impossible"; readonly problem: string };

/** Tells one notification; ends soon after the signal is aborted. */
export type Deliver = (notification: Notification, signal: AbortSignal) => Promise<Delivery>;

export interface DeliveryQueueOptions {
  /** The most that may wait; what comes then is dropped. */
  readonly limit: number;
  readonly deliver: Deliver;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Tells one notification after the other, while whoever adds them goes on. It warns when it fails, and then not again
 * before something was told; and when it drops, and then not again before it has caught up.
 */
export class DeliveryQueue {
  readonly #options: DeliveryQueueOptions;
  readonly #waiting: Notification[] = [];
  #work: Promise<void> | undefined;
  #hasFailed = false;
  #hasDropped = false;
  #isOff = false;

  constructor(options: DeliveryQueueOptions) {
    this.#options = options;
  }

  /** How many are not told yet. */
  get size(): number {
    return this.#waiting.length + (this.#work === undefined ? 0 : 1);
  }

  /** Settles once nothing waits any more. */
  get idle(): Promise<void> {
    return this.#work ?? Promise.resolve();
  }

  add(notification: Notification): void {
    if (this.#isOff) return;
    if (this.#waiting.length < this.#options.limit) {
      this.#waiting.push(notification);
      this.#work ??= this.#tellAll();
    } else if (!this.#hasDropped) {
      this.#hasDropped = true;
      this.#options.warn(`more than ${this.#options.limit} notifications wait, so new ones are left out`);
    }
  }

  async #tellAll(): Promise<void> {
    const { signal } = this.#options;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const delivery = await this.#tell(next);
      if (signal.aborted) break;
      this.#note(delivery);
    }
    this.#hasDropped = false;
    this.#work = undefined;
  }

  async #tell(notification: Notification): Promise<Delivery> {
    try {
      return await this.#options.deliver(notification, this.#options.signal);
    } catch (error) {
      return { kind: "failed", problem: error instanceof Error ? error.message : String(error) };
    }
  }

  #note(delivery: Delivery): void {
    if (delivery.kind === "told") {
      this.#hasFailed = false;
      return;
    }
    if (!this.#hasFailed) this.#options.warn(delivery.problem);
    this.#hasFailed = true;
    if (delivery.kind !== "impossible") return;
    this.#isOff = true;
    this.#waiting.length = 0;
  }
}
