/*
 *             counter changed, or there was a gap
 *   watched <------------------------------------- watched, stale
 *      |                                                ^
 *      '---- so many ms looked on without a change -----'
 *
 * Nothing here subtracts wall times: a clock that is set, on this machine or another, makes nothing stale.
 */

export interface HeartbeatLimits {
  /** How long a heartbeat may stay the same while it is watched, in milliseconds. */
  readonly staleAfterMs: number;
  /**
   * A longer time between two looks, in milliseconds, is one in which nobody watched: a sleep, a stopped process. More
   * than the longest time that lies between two looks by intent.
   */
  readonly maxGapMs: number;
}

/** Tells which heartbeats have stopped, as far as this process has watched them. */
export class Heartbeats {
  readonly #limits: HeartbeatLimits;
  #watched: ReadonlyMap<string, Watched> = new Map();
  #lookedAtMs = Number.NaN;

  constructor(limits: HeartbeatLimits) {
    this.#limits = limits;
  }

  /**
   * Takes a look: each heartbeat's counter, by a name of its own; undefined where it has none, which is no change
   * either. Returns the names of those that are stale. One that is not among them is forgotten.
   * @param monotonicMs the monotonic clock, in milliseconds
   */
  look(counters: ReadonlyMap<string, string | undefined>, monotonicMs: number): ReadonlySet<string> {
    const { staleAfterMs, maxGapMs } = this.#limits;
    const gapMs = monotonicMs - this.#lookedAtMs;
    const hasWatched = gapMs >= 0 && gapMs <= maxGapMs;
    this.#lookedAtMs = monotonicMs;
    const watched = new Map<string, Watched>();
    const stale = new Set<string>();
    for (const [name, counter] of counters) {
      const before = hasWatched ? this.#watched.get(name) : undefined;
      const isSame = before !== undefined && before.counter === counter;
      const sinceMs = isSame ? before.sinceMs : monotonicMs;
      watched.set(name, { counter, sinceMs });
      if (isSame && monotonicMs - sinceMs >= staleAfterMs) stale.add(name);
    }
    this.#watched = watched;
    return stale;
  }
}

interface Watched {
  readonly counter: string | undefined;
  /** Since when it was seen to be the same, on the monotonic clock. */
  readonly sinceMs: number;
}
