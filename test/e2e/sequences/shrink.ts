import { Deviation, playSteps } from "./play.ts";
import type { Step } from "./step.ts";

/** How often a shorter sequence is tried before the shortest so far is told. */
const TRIES = 60;

/** Returns the shortest sequence found that deviates as well, by leaving out one step after the other. */
export async function shrink(found: Deviation): Promise<Deviation> {
  let shortest = found;
  let tries = 0;
  for (let at = shortest.steps.length - 1; at >= 0 && tries < TRIES; at -= 1) {
    const steps: readonly Step[] = shortest.steps.filter((_, index) => index !== at);
    tries += 1;
    const shorter = await deviationOf(steps);
    if (shorter === undefined || shorter.steps.length >= shortest.steps.length) continue;
    shortest = shorter;
    at = Math.min(at, shortest.steps.length);
  }
  return shortest;
}

async function deviationOf(steps: readonly Step[]): Promise<Deviation | undefined> {
  try {
    await playSteps(steps);
    return undefined;
  } catch (error) {
    if (error instanceof Deviation) return error;
    throw error;
  }
}
