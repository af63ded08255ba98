import type { SpecId } from "../../domain/id.ts";
import { isChantError } from "../../kit/errors.ts";
import type { Engine } from "../engine/engine.ts";
import { readRecord } from "../engine/record.ts";

/** Tells whether a spec has no run that is not over. A record that cannot be read may be of one. */
export async function isOver({ places }: Engine, id: SpecId): Promise<boolean> {
  try {
    return (await readRecord(places, id)) === undefined;
  } catch (error) {
    if (isChantError(error, "FILE_REFUSED")) return false;
    throw error;
  }
}
