/** The two clocks, handed in so that tests decide what time it is. */
export interface Clock {
  /** Wall time in milliseconds since 1970 (UTC). May jump; for people and for files. */
  nowMs(): number;
  /** Milliseconds since some fixed moment; never goes back. For timers and durations. */
  monotonicMs(): number;
}
