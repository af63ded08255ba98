import { randomInt } from "node:crypto";
import { join } from "node:path";
import type { Clock } from "../kit/clock.ts";
import { ChantError } from "../kit/errors.ts";
import { datePrefix, isSpecId, makeId, nextMemberId, nextSequence, type SpecId } from "../domain/id.ts";
import type { BrokenSpec, Spec } from "../domain/spec.ts";
import { parseSpecBytes, SPEC_LIMIT_BYTES, TOO_LARGE } from "../domain/spec-bytes.ts";
import { effect } from "../host/effects.ts";
import { createAtomic, listIfExists, makeFolder, readBytesIfExists, statIfExists } from "../host/files.ts";
import { readThrough, type SpecCache, type StampedSpec, stampOf } from "./spec-cache.ts";

/** The specs in a checkout's `.chant/specs`, each read again only when its file changed. */
export class SpecFiles {
  readonly #folder: string;
  readonly #cache: SpecCache | undefined;
  readonly #known = new Map<SpecId, StampedSpec>();

  /** @param cache asked when many files are to be read at once */
  constructor(folder: string, cache?: SpecCache) {
    this.#folder = folder;
    this.#cache = cache;
  }

  /** Returns all of them by id; what cannot be read as a spec is there as broken. */
  async all(): Promise<ReadonlyMap<SpecId, Spec | BrokenSpec>> {
    const ids = await listSpecIds(this.#folder);
    const cache = ids.length - this.#known.size < (this.#cache?.fewest ?? 0) ? undefined : this.#cache;
    const found = await readThrough(ids, cache, (id, kept) => this.#get(id, kept));
    return new Map([...found].map(([id, { spec }]) => [id, spec]));
  }

  async get(id: SpecId): Promise<Spec | BrokenSpec | undefined> {
    return (await this.#get(id))?.spec;
  }

  async #get(id: SpecId, kept?: StampedSpec): Promise<StampedSpec | undefined> {
    const path = join(this.#folder, `${id}.md`);
    const stat = await statIfExists(path);
    if (stat === undefined) return undefined;
    const stamp = stampOf(stat);
    const known = [kept, this.#known.get(id)].find((each) => each?.stamp === stamp);
    const spec = known?.spec ?? (await readSpec(path, id, stat));
    if (spec === undefined) return undefined;
    const found = known ?? { stamp, spec };
    this.#known.set(id, found);
    return found;
  }
}

/** Reads one file of a folder, with its stamp just before; undefined when it is gone. */
export async function readSpecFile(folder: string, id: SpecId): Promise<StampedSpec | undefined> {
  const path = join(folder, `${id}.md`);
  const stat = await statIfExists(path);
  const spec = stat === undefined ? undefined : await readSpec(path, id, stat);
  return stat === undefined || spec === undefined ? undefined : { stamp: stampOf(stat), spec };
}

async function readSpec(
  path: string,
  id: SpecId,
  stat: { readonly size: number; isFile(): boolean },
): Promise<Spec | BrokenSpec | undefined> {
  const broken = (message: string): BrokenSpec => ({
    broken: true,
    id,
    line: 1,
    column: 1,
    message,
    text: "",
  });
  if (!stat.isFile()) return broken("it is not a regular file");
  if (stat.size > SPEC_LIMIT_BYTES) return broken(TOO_LARGE);
  try {
    const bytes = await readBytesIfExists(path);
    return bytes === undefined ? undefined : parseSpecBytes(id, bytes);
  } catch (error) {
    return broken(error instanceof Error ? error.message : String(error));
  }
}

/** Returns the ids of the files in a folder of specs. */
export async function listSpecIds(folder: string): Promise<readonly SpecId[]> {
  const ids: SpecId[] = [];
  for (const name of await listIfExists(folder)) {
    const id = name.endsWith(".md") ? name.slice(0, -3) : "";
    if (isSpecId(id)) ids.push(id);
  }
  return ids;
}

/**
 * Creates a spec's file under the next free id of the day. The caller holds the kernel lock, so that two that are
 * created at once get two sequences.
 */
export async function createSpec(
  folder: string,
  clock: Clock,
  text: (id: SpecId) => string,
): Promise<SpecId> {
  await makeFolder(folder);
  const dateMs = clock.nowMs();
  const sequence = nextSequence(await listSpecIds(folder), datePrefix(dateMs));
  for (let tries = 0; tries < 100; tries += 1) {
    const random = randomInt(36 ** 3)
      .toString(36)
      .padStart(3, "0");
    const id = makeId({ dateMs, sequence, random });
    if (await effect("spec.add", () => createAtomic(join(folder, `${id}.md`), text(id)))) return id;
  }
  throw new ChantError("FILE_REFUSED", `No free id was found in ${folder}.`);
}

/**
 * Creates a member's file under the next free number of its driver. The caller holds the kernel lock.
 * @param ids all that are known: a number is not given again while a run still bears it
 * @throws ChantError SPEC_ID_INVALID when the id would be too long
 */
export async function createMember(
  folder: string,
  driver: SpecId,
  ids: readonly SpecId[],
  text: string,
): Promise<SpecId> {
  const known = [...ids];
  for (let tries = 0; tries < 100; tries += 1) {
    const id = nextMemberId(driver, known);
    if (await effect("spec.add", () => createAtomic(join(folder, `${id}.md`), text))) return id;
    // Somebody wrote that very file by hand just now.
    known.push(id);
  }
  throw new ChantError("FILE_REFUSED", `No free number was found below ${driver} in ${folder}.`);
}
