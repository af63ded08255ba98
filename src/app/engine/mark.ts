import type { Mark } from "../../domain/mark.ts";
import type { Engine } from "./engine.ts";
import type { Step } from "./step.ts";
import type { Batch } from "./plan-batch.ts";
import type { Waits } from "./record.ts";
import { settle } from "./settle.ts";
import type { SpecReader } from "./world.ts";

/** For steps that start nothing. */
const NOTHING_NEW: Pick<Batch, "start" | "mayStill"> = {
  start: async () => [],
  mayStill: async (claims) => claims,
};

/**
 * Puts what a person decided about specs onto the target, as one commit each, or with a message as one for all. Returns what of the user's holds it
 * back, in which case nothing was changed; undefined when it is done.
 */
export async function publishMarks(
  engine: Engine,
  target: string,
  specs: SpecReader,
  marks: readonly Mark[],
  message?: string,
): Promise<Waits | undefined> {
  const asOne = message === undefined ? {} : { message };
  const settled = await settle(engine, {
    target,
    specs,
    land: [],
    park: [],
    marks,
    ...asOne,
    ...NOTHING_NEW,
  });
  return settled.marksWait;
}

/** Puts one commit of a command's own onto the target, computed anew whenever the target has moved. Returns as `publishMarks` does. */
export async function publishCommit(
  engine: Engine,
  target: string,
  specs: SpecReader,
  more: (from: Step) => Promise<Step>,
): Promise<Waits | undefined> {
  const settled = await settle(engine, { target, specs, land: [], park: [], more, ...NOTHING_NEW });
  return settled.marksWait;
}
