import type { SpecCache } from "./spec-cache.ts";
import { SpecHeads } from "./spec-heads.ts";
import { type IndexedPlace, SpecIndex } from "./spec-index.ts";

/** Below this many files, reading them takes no longer than asking the index does (`npm run bench -- store`). */
const FEW_FILES = 200;
/** Within this time after a change, a file may change once more and keep its stamp: clocks of filesystems are coarse. */
const SETTLED_MS = 2_000;

/**
 * The index as a cache for lists. It is asked for many files only, never waited for long, and whatever is wrong with it,
 * the files are read instead.
 */
export function indexCache(path: string, nowMs: () => number, fewest = FEW_FILES): SpecCache {
  let settledMs = 0;
  const attempt = async <T>(work: (index: SpecIndex) => Promise<T>): Promise<T | undefined> => {
    try {
      using index = await SpecIndex.open(path);
      return await work(index);
    } catch (error) {
      // The next one makes it anew.
      await SpecIndex.removeDamaged(path, error).catch(() => false);
      return undefined;
    }
  };
  return {
    fewest,
    heads: async () => {
      settledMs = nowMs() - SETTLED_MS;
      return (await attempt(async (index) => index.heads("active"))) ?? new SpecHeads();
    },
    load: async (ids) => {
      if (ids === undefined) settledMs = nowMs() - SETTLED_MS;
      return (await attempt(async (index) => index.load("active", ids))) ?? new Map();
    },
    keep: async (read, ids) => {
      await attempt((index) => index.exclusively(async () => index.keep("active", read, ids, settledMs)));
    },
  };
}

/** The index as a cache for what is about to be searched: all of it must be there. */
export function searchCache(index: SpecIndex, place: IndexedPlace, nowMs: () => number): SpecCache {
  let settledMs = 0;
  return {
    fewest: 0,
    heads: async () => {
      settledMs = nowMs() - SETTLED_MS;
      return index.heads(place);
    },
    load: async (ids) => {
      if (ids === undefined) settledMs = nowMs() - SETTLED_MS;
      return index.load(place, ids);
    },
    keep: async (read, ids) => index.keep(place, read, ids, settledMs),
  };
}
