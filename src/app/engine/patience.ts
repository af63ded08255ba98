import { isChantError } from "../../kit/errors.ts";
import type { Engine } from "./engine.ts";

/**
 * Bears a git that fails now and then, as one that somebody kills, that finds no memory, or that is just being replaced:
 * told once, and tried again by whoever calls. One that fails for `limitMs` without a success in between is a failure.
 */
export class Patience {
  readonly #engine: Pick<Engine, "clock" | "emit">;
  readonly #limitMs: number;
  readonly #told = new Set<string>();
  /** Monotonic time, in milliseconds. */
  #failingSinceMs: number | undefined;

  constructor(engine: Pick<Engine, "clock" | "emit">, limitMs: number) {
    this.#engine = engine;
    this.#limitMs = limitMs;
  }

  /**
   * Returns what the work returned, or "failed" where git failed.
   * @throws whatever else it throws, and GIT_FAILED once that has gone on for too long
   */
  async bear<T>(work: () => Promise<T>): Promise<T | "failed"> {
    try {
      const result = await work();
      this.#failingSinceMs = undefined;
      return result;
    } catch (error) {
      if (!isChantError(error, "GIT_FAILED")) throw error;
      const nowMs = this.#engine.clock.monotonicMs();
      this.#failingSinceMs ??= nowMs;
      if (nowMs - this.#failingSinceMs >= this.#limitMs) throw error;
      if (!this.#told.has(error.message)) {
        this.#engine.emit({ kind: "warning", message: `${error.message} It is tried again.` });
      }
      this.#told.add(error.message);
      return "failed";
    }
  }
}
