import { join } from "node:path";
import { isSpecId, type SpecId } from "../domain/id.ts";
import { effect } from "../host/effects.ts";
import {
  createAtomic,
  listIfExists,
  makeFolder,
  readIfExists,
  removeFile,
  writeAtomic,
} from "../host/files.ts";
import type { Places } from "./places.ts";

/** A spec's file that is to be there. */
export interface SpecFile {
  readonly id: SpecId;
  readonly text: string;
}

/**
 * Creates the files of a driver's members, all or none: what is to be there is written down first, so that a call that
 * is cut off is finished by the next one, whichever that is. The caller holds the kernel lock, and has seen that none of
 * them is there; returns those that somebody created at that very moment, in which case none of the others is.
 */
export async function writeMembers(
  places: Places,
  driver: SpecId,
  files: readonly SpecFile[],
): Promise<readonly SpecId[]> {
  const intent = intentFile(places, driver);
  await makeFolder(places.splits);
  await effect("split.intent", () => writeAtomic(intent, JSON.stringify(files)));
  const there: SpecFile[] = [];
  const made: SpecFile[] = [];
  for (const file of files) ((await create(places, file)) ? made : there).push(file);
  if (there.length > 0) for (const { id } of made) await removeFile(specFile(places, id));
  await effect("split.done", () => removeFile(intent));
  return there.map(({ id }) => id);
}

/** Finishes what a killed `writeMembers` began: files that are there by now are left as they are. */
export async function finishSplits(places: Places): Promise<void> {
  for (const name of await listIfExists(places.splits)) {
    if (!name.endsWith(".json") || !isSpecId(name.slice(0, -5))) continue;
    const path = join(places.splits, name);
    for (const file of filesIn(await readIfExists(path))) await create(places, file);
    await effect("split.done", () => removeFile(path));
  }
}

/** Tells whether there is anything to finish, without a lock. */
export const hasOpenSplits = async (places: Places): Promise<boolean> =>
  (await listIfExists(places.splits)).some((name) => name.endsWith(".json"));

const create = (places: Places, { id, text }: SpecFile): Promise<boolean> =>
  effect("spec.add", () => createAtomic(specFile(places, id), text));

const specFile = (places: Places, id: SpecId): string => join(places.specs, `${id}.md`);
const intentFile = (places: Places, driver: SpecId): string => join(places.splits, `${driver}.json`);

/** It was written in one step by chant, so whatever else it holds by now is nobody's members. */
function filesIn(text: string | undefined): readonly SpecFile[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(value) ? value.filter(isSpecFile) : [];
  } catch {
    return [];
  }
}

const isSpecFile = (value: unknown): value is SpecFile =>
  typeof value === "object" &&
  value !== null &&
  "id" in value &&
  "text" in value &&
  typeof value.id === "string" &&
  isSpecId(value.id) &&
  typeof value.text === "string";
