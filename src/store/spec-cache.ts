import type { SpecId } from "../domain/id.ts";
import type { BrokenSpec, Spec } from "../domain/spec.ts";
import type { SpecHeads } from "./spec-heads.ts";

/** A spec as it was read, and the stamp of its file just before. */
export interface StampedSpec {
  readonly stamp: string;
  readonly spec: Spec | BrokenSpec;
}

/** Where specs are kept between two processes. What is there under the same stamp is the same as reading the file. */
export interface SpecCache {
  /** Where fewer files are to be read, it is not asked: reading them takes no longer. */
  readonly fewest: number;
  /** Returns little of all that is kept. */
  heads(): Promise<SpecHeads>;
  /** Returns what is kept: all of it, or of some. */
  load(ids?: readonly SpecId[]): Promise<ReadonlyMap<SpecId, StampedSpec>>;
  /** Keeps what was read since `heads` or the first `load`, and forgets all but `ids`. */
  keep(read: ReadonlyMap<SpecId, StampedSpec>, ids: ReadonlySet<SpecId>): Promise<void>;
}

/** The parts of a file's stat that change with its content. Times are milliseconds since 1970. */
export interface FileStamp {
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** Returns what differs between two states of a file. */
export const stampOf = ({ ino, size, mtimeMs, ctimeMs }: FileStamp): string =>
  `${ino} ${size} ${mtimeMs} ${ctimeMs}`;

/** Returns when a file with this stamp was changed last, in milliseconds since 1970. */
export function changedMs(stamp: string): number {
  const [, , mtimeMs, ctimeMs] = stamp.split(" ");
  return Math.max(Number(mtimeMs), Number(ctimeMs));
}

/**
 * Reads many specs, each from the cache where that has it under the stamp of the file, and lets the cache keep the rest.
 * @param read reads one, or returns the kept one; undefined when its file is gone
 */
export async function readThrough(
  ids: Iterable<SpecId>,
  cache: SpecCache | undefined,
  read: (id: SpecId, kept: StampedSpec | undefined) => Promise<StampedSpec | undefined>,
): Promise<ReadonlyMap<SpecId, StampedSpec>> {
  const kept = await cache?.load();
  const all = new Map<SpecId, StampedSpec>();
  const anew = new Map<SpecId, StampedSpec>();
  for (const id of ids) {
    const known = kept?.get(id);
    const found = await read(id, known);
    if (found === undefined) continue;
    all.set(id, found);
    if (found !== known) anew.set(id, found);
  }
  if (anew.size > 0 || (kept?.size ?? 0) !== all.size) await cache?.keep(anew, new Set(all.keys()));
  return all;
}
