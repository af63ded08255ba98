import { Deviation, playSequence, type Sequence } from "./play.ts";

/** How often a shorter sequence is tried before the shortest so far is told. */
const TRIES = 60;

/** Returns the shortest sequence found that deviates as well, by leaving out one step after the other. */
export async function shrink(found: Deviation): Promise<Deviation> {
  let shortest = found;
  let tries = 0;
  for (let at = shortest.sequence.steps.length - 1; at >= 0 && tries < TRIES; at -= 1) {
    const steps = shortest.sequence.steps.filter((_, index) => index !== at);
    tries += 1;
    const shorter = await deviationOf({ ...shortest.sequence, steps });
    if (shorter === undefined || shorter.sequence.steps.length >= shortest.sequence.steps.length) continue;
    shortest = shorter;
    at = Math.min(at, shortest.sequence.steps.length);
  }
  return shortest;
}

async function deviationOf(sequence: Sequence): Promise<Deviation | undefined> {
  try {
    await playSequence(sequence);
    return undefined;
  } catch (error) {
    if (error instanceof Deviation) return error;
    throw error;
  }
}
