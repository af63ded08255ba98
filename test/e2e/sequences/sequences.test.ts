import { describe, expect, test } from "vitest";
import { figures } from "../../kit/figures.ts";
import { numberOf } from "../../kit/random.ts";
import { KEPT } from "./kept.ts";
import { Deviation, playSeed, playSequence } from "./play.ts";
import { shrink } from "./shrink.ts";

/** How many sequences: more with SEQUENCES, others with SEQUENCES_SEED, longer ones with SEQUENCES_COST. */
const COUNT = numberOf("SEQUENCES", 100);
/** The same by default, so that a red one is of the change at hand. */
const SEED = numberOf("SEQUENCES_SEED", 1);
const LIMIT_MS = 180_000 + COUNT * 10_000;

describe.runIf(process.env["CHANT_UNDER_TEST"] === "exe")("what the model says comes of", () => {
  test(`${COUNT} drawn sequences of commands and of a user's doings`, { timeout: LIMIT_MS }, async () => {
    let commands = 0;
    let steps = 0;
    for (let seed = SEED; seed < SEED + COUNT; seed += 1) {
      const played = await playSeed(seed).catch((error: unknown) => tell(seed, error));
      commands += played.commands;
      steps += played.steps;
    }
    expect(commands).toBeGreaterThan(COUNT);
    figures("sequence of commands against a model", {
      tried: COUNT,
      "came through": COUNT,
      steps,
      "commands of chant": commands,
    });
  });

  test.each(KEPT)("$name", async (kept) => {
    const played = await playSequence(kept);
    // All of them could be taken.
    expect(played.steps).toBeGreaterThanOrEqual(kept.steps.length);
  });
});

const lines = ({ sequence: { steps, isSilent } }: Deviation): string =>
  (isSilent === true ? "  in silence\n" : "") + steps.map((step) => `  ${JSON.stringify(step)},\n`).join("");

/** Looks for a shorter sequence first, and tells how to play both again. */
async function tell(seed: number, error: unknown): Promise<never> {
  if (!(error instanceof Deviation)) throw error;
  const shortest = await shrink(error);
  throw new Error(
    `Sequence ${seed} deviates: ${shortest.message}\nAs drawn (again: SEQUENCES_SEED=${seed} SEQUENCES=1):\n${lines(error)}The shortest found (for kept.ts):\n${lines(shortest)}`,
    { cause: shortest },
  );
}
