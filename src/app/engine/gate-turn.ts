import { join } from "node:path";
import type { GateTurn } from "../../domain/gate.ts";
import { makeFolder, removeFile } from "../../host/files.ts";
import { isAlive, isIdentity, ownIdentity, type ProcessIdentity } from "../../host/identity.ts";
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

/** Returns whose gates run now; what a process left that is gone is nobody's turn. */
export async function readTurn(places: Places): Promise<GateTurn | undefined> {
  const file = await readJson<TurnFile>(turnFile(places), isWhole).catch(() => undefined);
  return file === undefined || !isAlive(file.owner) ? undefined : file;
}

/** Says whose turn it is. The caller holds the lock of the gates. */
export async function takeTurn(places: Places, { runs, races }: GateTurn): Promise<void> {
  await makeFolder(places.gates);
  const file: TurnFile = { owner: ownIdentity(), runs, races };
  await writeJson(turnFile(places), file);
}

export async function endTurn(places: Places): Promise<void> {
  await removeFile(turnFile(places));
}
