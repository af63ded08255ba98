import { type ChantError, type ErrorCode, isChantError } from "../../kit/errors.ts";
import type { Engine } from "./engine.ts";

const PASSING: ReadonlySet<ErrorCode> = new Set(["GIT_FAILED", "LOCK_BUSY", "DISK_FULL"]);

/** Tells whether a refusal is no fault of what was worked on, so that it may well succeed later. */
export const isPassing = ({ code }: ChantError): boolean => PASSING.has(code);

/**
 * Bears a git that fails now and then, as one that somebody kills, that finds no memory, or that is just being replaced:
 * told once, and tried again by whoever calls. One that fails for `limitMs` without a success in between is a failure.
 */
export class Patience {
  readonly #engine: Pick<Engine, "clock" | "emit">;
  readonly #limitMs: number;
  readonly #enduring: ReadonlySet<ErrorCode>;
  readonly #told = new Set<string>();
  /** Monotonic time, in milliseconds. */
  #failingSinceMs: number | undefined;

  /** @param enduring what is borne for as long as it lasts, because it is for somebody else to mend */
  constructor(engine: Pick<Engine, "clock" | "emit">, limitMs: number, enduring: readonly ErrorCode[] = []) {
    this.#engine = engine;
    this.#enduring = new Set(enduring);
    this.#limitMs = limitMs;
  }

  /**
   * Returns what the work returned, or "failed" where that failed in a way that is borne.
   * @throws whatever else it throws, and GIT_FAILED once that has gone on for too long
   */
  async bear<T>(work: () => Promise<T>): Promise<T | "failed"> {
    try {
      const result = await work();
      this.#failingSinceMs = undefined;
      return result;
    } catch (error) {
      if (!isChantError(error)) throw error;
      if (!this.#enduring.has(error.code)) {
        if (error.code !== "GIT_FAILED") throw error;
        const nowMs = this.#engine.clock.monotonicMs();
        this.#failingSinceMs ??= nowMs;
        if (nowMs - this.#failingSinceMs >= this.#limitMs) throw error;
      }
      if (!this.#told.has(error.message)) {
        this.#engine.emit({ kind: "warning", message: `${error.message} It is tried again.` });
      }
      this.#told.add(error.message);
      return "failed";
    }
  }
}
