import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../kit/clock.ts";

/** The machine's clocks: wall time for records, monotonic time for timers. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** Waits for so many milliseconds, or until aborted (then it rejects). */
export async function delay(ms: number, signal?: AbortSignal): Promise<void> {
  await wait(ms, undefined, signal === undefined ? {} : { signal });
}
