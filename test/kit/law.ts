import fc from "fast-check";
import { vi } from "vitest";
import { figures } from "./figures.ts";
import { numberOf } from "./random.ts";

/** How often all laws together are tried; the numbers at the laws add up to the default. */
const DEFAULT_RUNS = 100_000;
const RUNS = numberOf("LAWS_RUNS", DEFAULT_RUNS);
/** The same by default, so that a red law is of the change at hand. */
const SEED = numberOf("LAWS_SEED", 1);
/** After so many runs the process looks up, so that vitest knows that it lives. */
const AT_A_TIME = 5_000;

if (RUNS > DEFAULT_RUNS) vi.setConfig({ testTimeout: 3_600_000 });

/**
 * Tries a law on `runs` drawn inputs, or on its share of `LAWS_RUNS`, and counts them for its room. What breaks it comes
 * with the seed that draws it again as the first of `LAWS_SEED`.
 */
export async function law<T>(
  room: "the parser" | "front matter's merge" | "ids" | "the escaper" | "backoff",
  runs: number,
  property: fc.IProperty<T>,
): Promise<void> {
  const wanted = Math.ceil((runs * RUNS) / DEFAULT_RUNS);
  for (let done = 0; done < wanted; done += AT_A_TIME) {
    const seed = SEED + done / AT_A_TIME;
    fc.assert(property, { seed, numRuns: Math.min(AT_A_TIME, wanted - done) });
    await new Promise((resolve) => setImmediate(resolve));
  }
  figures(`law of ${room}`, { tried: wanted, "came through": wanted });
}
