import { join } from "node:path";
import { type GateTurn, RACES } from "../../domain/gate.ts";
import { isChantError } from "../../kit/errors.ts";
import { makeFolder, removeFile, statIfExists } from "../../host/files.ts";
import { isAlive, isIdentity, ownIdentity, type ProcessIdentity } from "../../host/identity.ts";
import { KernelLock } from "../../host/kernel-lock.ts";
import type { Places } from "../../store/places.ts";
import { writeJson } from "./launch.ts";
import { readJson } from "./launch-files.ts";

/** Whose gates run at this moment, for every process that would land something. */
interface TurnFile extends GateTurn {
  readonly owner: ProcessIdentity;
}

const turnFile = (places: Places): string => join(places.gates, "turn.json");

const isWhole = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  "owner" in value &&
  isIdentity(value.owner) &&
  "races" in value &&
  typeof value.races === "number" &&
  "runs" in value &&
  Array.isArray(value.runs);

/** Does something while no other process runs gates in this repository. */
export async function whileGating<T>(places: Places, work: () => Promise<T>): Promise<T> {
  using lock = new KernelLock(join(places.gates, "gate.db"));
  return await lock.hold(work, { waitMs: 0 });
}

/** Returns whose gates run now; what a process left that is gone is nobody's turn. */
export async function readTurn(places: Places): Promise<GateTurn | undefined> {
  const file = await readJson<TurnFile>(turnFile(places), isWhole).catch(() => undefined);
  if (file === undefined || !isAlive(file.owner)) return undefined;
  // Nobody knows of a process in another container whether it lives; its lock is gone with it.
  return file.races >= RACES && (await isFree(places)) ? undefined : file;
}

async function isFree(places: Places): Promise<boolean> {
  try {
    await whileGating(places, () => Promise.resolve());
    return true;
  } catch (error) {
    if (isChantError(error, "LOCK_BUSY")) return false;
    throw error;
  }
}

/** Says whose turn it is. The caller holds the lock of the gates. */
export async function takeTurn(places: Places, { runs, races }: GateTurn): Promise<void> {
  await makeFolder(places.gates);
  const file: TurnFile = { owner: ownIdentity(), runs, races };
  await writeJson(turnFile(places), file);
}

/** Tells whether anybody's turn is written down, perhaps by a process that was killed. */
export const hasTurn = async (places: Places): Promise<boolean> =>
  (await statIfExists(turnFile(places))) !== undefined;

export async function endTurn(places: Places): Promise<void> {
  await removeFile(turnFile(places));
}
