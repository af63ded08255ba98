import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type ArchiveEntry, archivedId, isArchiveFolder, parseArchiveIndex } from "../domain/archive.ts";
import type { SpecId } from "../domain/id.ts";
import type { BrokenSpec, Spec } from "../domain/spec.ts";
import { parseSpecBytes, SPEC_LIMIT_BYTES } from "../domain/spec-bytes.ts";
import { listIfExists, readBytesIfExists, readIfExists, statIfExists } from "../host/files.ts";
import { readThrough, type SpecCache, type StampedSpec, stampOf } from "./spec-cache.ts";

/** The list of what an ignored archive holds, in its folder. */
export const ARCHIVE_INDEX = "index.tsv";

/** The archived specs in a checkout, read when they are asked for. */
export class ArchiveFiles {
  readonly #folder: string;
  #paths: Promise<ReadonlyMap<SpecId, string>> | undefined;
  #index: Promise<ReadonlyMap<SpecId, ArchiveEntry>> | undefined;

  /** @param folder the archive's folder, absolute */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Returns the ids of all of them, also of those whose files only another clone has. */
  async ids(): Promise<ReadonlySet<SpecId>> {
    const [paths, index] = await Promise.all([this.#files(), this.#entries()]);
    return new Set([...paths.keys(), ...index.keys()]);
  }

  /** Returns where the file of one is below the archive's folder, or undefined when it is not in this clone. */
  async pathOf(id: SpecId): Promise<string | undefined> {
    return (await this.#files()).get(id);
  }

  /** Returns what the list says of one whose file is not here. */
  async entryOf(id: SpecId): Promise<ArchiveEntry | undefined> {
    return (await this.#entries()).get(id);
  }

  /** Reads one; undefined when its file is not here. What cannot be read as a spec is broken. */
  async get(id: SpecId): Promise<Spec | BrokenSpec | undefined> {
    const path = await this.pathOf(id);
    const bytes = path === undefined ? undefined : await readBytesIfExists(join(this.#folder, path));
    return path === undefined || bytes === undefined ? undefined : parseArchived(id, path, bytes);
  }

  /** Returns all whose files are here. */
  async all(cache?: SpecCache): Promise<ReadonlyMap<SpecId, Spec | BrokenSpec>> {
    const paths = await this.#files();
    const found = await readThrough(paths.keys(), cache, (id, kept) => this.#get(id, paths.get(id), kept));
    return new Map([...found].map(([id, { spec }]) => [id, spec]));
  }

  async #get(id: SpecId, path = "", kept?: StampedSpec): Promise<StampedSpec | undefined> {
    const stat = await statIfExists(join(this.#folder, path));
    if (stat === undefined) return undefined;
    const stamp = `${stampOf(stat)} ${path}`;
    if (kept?.stamp === stamp) return kept;
    const spec = await this.get(id);
    return spec === undefined ? undefined : { stamp, spec };
  }

  #files(): Promise<ReadonlyMap<SpecId, string>> {
    return (this.#paths ??= listArchive(this.#folder));
  }

  #entries(): Promise<ReadonlyMap<SpecId, ArchiveEntry>> {
    return (this.#index ??= readIfExists(join(this.#folder, ARCHIVE_INDEX)).then((text) =>
      parseArchiveIndex(text ?? ""),
    ));
  }
}

/** Finds files in the folder itself and in the folders of times; of two for one id the first in that order counts. */
async function listArchive(folder: string): Promise<ReadonlyMap<SpecId, string>> {
  const found = new Map<SpecId, string>();
  const take = async (below: string): Promise<void> => {
    const names = (await listIfExists(join(folder, below))).toSorted();
    for (const name of names) {
      const path = `${below}${name}`;
      const id = archivedId(path);
      if (id !== undefined && !found.has(id)) found.set(id, path);
    }
    for (const name of names) if (isArchiveFolder(`${below}${name}`)) await take(`${below}${name}/`);
  };
  await take("");
  return found;
}

/** Reads an archived file, packed or not, as a spec. */
export function parseArchived(id: SpecId, path: string, bytes: Buffer): Spec | BrokenSpec {
  try {
    return parseSpecBytes(id, path.endsWith(".gz") ? unpack(bytes) : bytes);
  } catch (error) {
    const message = `its archived file is damaged: ${error instanceof Error ? error.message : String(error)}`;
    return { broken: true, id, line: 1, column: 1, message, text: "" };
  }
}

/** Unpacks a gzip file of at most the size of a spec. */
export const unpack = (bytes: Buffer): Buffer => gunzipSync(bytes, { maxOutputLength: SPEC_LIMIT_BYTES });
