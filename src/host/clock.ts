import type { Clock } from "../kit/clock.ts";

/** The machine's clocks: wall time for records, monotonic time for timers. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
