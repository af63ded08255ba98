import { type ChantError, type ErrorCode, isChantError } from "../../kit/errors.ts";
import { hasCode, isSystemError } from "../../host/files.ts";
import { MissingObject } from "../../git/missing-object.ts";
import type { Engine } from "./engine.ts";

const PASSING: ReadonlySet<ErrorCode> = new Set(["GIT_FAILED", "LOCK_BUSY", "DISK_FULL"]);

/** Tells whether a refusal is no fault of what was worked on, so that it may well succeed later. */
const isPassing = ({ code }: ChantError): boolean => PASSING.has(code);

/** A git that was ended, or that found no memory or no process: what it was asked has nothing to do with that. */
const AWAY =
  /could not be started|: signal SIG|out of memory|cannot allocate memory|cannot fork|unable to create thread|resource temporarily unavailable|too many open files/i;

/** Tells whether it was git itself that failed, rather than what it was asked for. */
export const isGitAway = (error: unknown): boolean =>
  isChantError(error, "GIT_FAILED") && AWAY.test(error.message);

/** What the system lacks or has in use now; whom it keeps out it will keep out later as well. */
const SCARCE = ["EAGAIN", "EBUSY", "EINTR", "EIO", "EMFILE", "ENFILE", "ENOMEM", "ETXTBSY"] as const;

/** Something about one run that was refused, as a clause, and whether the same may well succeed later. */
export interface Refusal {
  readonly reason: string;
  readonly isPassing: boolean;
}

/** Returns what was refused by an error; undefined for a fault of chant's own. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (isChantError(error)) return { reason: clause(error), isPassing: isPassing(error) };
  if (error instanceof MissingObject) return { reason: clause(error), isPassing: false };
  return isSystemError(error) ? { reason: clause(error), isPassing: hasCode(error, ...SCARCE) } : undefined;
}

const clause = ({ message }: Error): string => message.trim().replace(/\.$/, "");

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
