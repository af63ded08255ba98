import { ChantError } from "../kit/errors.ts";
import type { SpecId } from "../domain/id.ts";
import type { BrokenSpec, Spec } from "../domain/spec.ts";
import type { ArchiveFiles } from "./archive-files.ts";
import { searchCache } from "./index-cache.ts";
import { type IndexHit, type MarkedTexts, SpecIndex } from "./spec-index.ts";
import { SpecShelf } from "./spec-shelf.ts";

/** Another search that brings the index up to date may take a while, in milliseconds. */
const BUSY_MS = 500;

export interface SearchPlaces {
  readonly index: string;
  /** The folder of the active specs. */
  readonly specs: string;
  readonly archive: ArchiveFiles;
  readonly nowMs: () => number;
}

/** What is searched, all of it as its files are now. */
export interface Searchable {
  readonly active: SpecShelf;
  readonly archived: ReadonlyMap<SpecId, Spec | BrokenSpec>;
  /** Returns all that match an FTS5 expression, in no order. */
  readonly search: (expression: string) => readonly IndexHit[];
  readonly excerpt: (expression: string, row: number) => MarkedTexts;
}

/**
 * Brings the index up to date and calls `work`; where it cannot be used (locked, read-only, damaged, no room), one in
 * memory is made for this call alone.
 */
export async function withSearchable<T>(
  places: SearchPlaces,
  work: (searchable: Searchable) => Promise<T>,
): Promise<T> {
  const found = await inFile(places, work);
  if (found !== undefined) return found.result;
  using index = SpecIndex.inMemory();
  return await work(await bringUpToDate(index, places));
}

/** Returns undefined when the file is of no use now. What fails for another reason fails in memory as well. */
async function inFile<T>(
  places: SearchPlaces,
  work: (searchable: Searchable) => Promise<T>,
): Promise<{ readonly result: T } | undefined> {
  try {
    using index = await SpecIndex.open(places.index, BUSY_MS);
    return await index.exclusively(async () => ({ result: await work(await bringUpToDate(index, places)) }));
  } catch (error) {
    if (error instanceof ChantError) throw error;
    await SpecIndex.removeDamaged(places.index, error).catch(() => false);
    return undefined;
  }
}

async function bringUpToDate(index: SpecIndex, { specs, archive, nowMs }: SearchPlaces): Promise<Searchable> {
  const active = await SpecShelf.open(specs, searchCache(index, "active", nowMs));
  await active.refresh();
  const archived = await archive.all(searchCache(index, "archived", nowMs));
  return {
    active,
    archived,
    search: (expression) => index.search(expression),
    excerpt: (expression, row) => index.excerpt(expression, row),
  };
}
