import type { SpecId } from "../domain/id.ts";
import { type BrokenSpec, isBroken, type Spec } from "../domain/spec.ts";
import { statEach } from "../host/stat-each.ts";
import { type FileStamp, type SpecCache, type StampedSpec, stampOf } from "./spec-cache.ts";
import { listSpecIds, readSpecFile } from "./spec-files.ts";
import { type SpecHead, SpecHeads } from "./spec-heads.ts";

interface KnownFile {
  readonly stat: FileStamp;
  readonly head: SpecHead | undefined;
}

/**
 * The specs of a folder, of which only those are read whole that somebody asks for: of the others the cache knows, under
 * the stamp of the file, what it takes to pass over them.
 */
export class SpecShelf {
  readonly #folder: string;
  readonly #cache: SpecCache | undefined;
  /** All files as they are now. */
  readonly #files: ReadonlyMap<SpecId, KnownFile>;
  readonly #read = new Map<SpecId, StampedSpec>();
  /** Whether the cache holds what is no more. */
  #isStale: boolean;

  private constructor(
    folder: string,
    cache: SpecCache | undefined,
    files: ReadonlyMap<SpecId, KnownFile>,
    isStale: boolean,
  ) {
    this.#folder = folder;
    this.#cache = cache;
    this.#files = files;
    this.#isStale = isStale;
  }

  static async open(folder: string, cache: SpecCache | undefined): Promise<SpecShelf> {
    const ids = await listSpecIds(folder);
    const asked = ids.length < (cache?.fewest ?? 0) ? undefined : cache;
    const kept = (await asked?.heads()) ?? new SpecHeads();
    const files = new Map<SpecId, KnownFile>();
    statEach(folder, ids, ".md", (id, stat) => files.set(id, { stat, head: kept.of(id, stat) }));
    return new SpecShelf(folder, asked, files, kept.size > files.size);
  }

  get ids(): Iterable<SpecId> {
    return this.#files.keys();
  }

  has(id: SpecId): boolean {
    return this.#files.has(id);
  }

  /** Returns what is known of a spec without reading it; undefined when it has to be read. */
  headOf(id: SpecId): SpecHead | undefined {
    return this.#files.get(id)?.head;
  }

  /** Reads some specs whole; what is not there, or is gone by now, is left out. */
  async read(ids: Iterable<SpecId>): Promise<ReadonlyMap<SpecId, Spec | BrokenSpec>> {
    const wanted = [...ids].filter((id) => this.#files.has(id));
    const unread = wanted.filter((id) => !this.#read.has(id));
    const known = unread.filter((id) => this.headOf(id) !== undefined);
    const kept = known.length === 0 ? undefined : await this.#cache?.load(known);
    const anew = new Map<SpecId, StampedSpec>();
    for (const id of unread) {
      const file = this.#files.get(id)?.stat;
      const row = kept?.get(id);
      const isKept = row !== undefined && file !== undefined && row.stamp === stampOf(file);
      const found = isKept ? row : await readSpecFile(this.#folder, id);
      if (found === undefined) continue;
      this.#read.set(id, found);
      if (found !== row) anew.set(id, found);
    }
    if (anew.size > 0 || this.#isStale) await this.#cache?.keep(anew, new Set(this.#files.keys()));
    this.#isStale = false;
    return new Map(
      wanted.flatMap((id) => {
        const found = this.#read.get(id);
        return found === undefined ? [] : [[id, found.spec] as const];
      }),
    );
  }

  /** Reads all of which nothing is known, so that the cache is up to date, and the status of each is known. */
  async refresh(): Promise<void> {
    await this.read([...this.#files.keys()].filter((id) => this.headOf(id) === undefined));
  }

  /** Returns the status in the file of one that was read or is known. */
  statusOf(id: SpecId): SpecHead["status"] | undefined {
    const spec = this.#read.get(id)?.spec;
    if (spec === undefined) return this.headOf(id)?.status;
    return isBroken(spec) ? "broken" : spec.status;
  }

  /** Returns what specs depend on, of all that depend on something. */
  async dependencies(): Promise<ReadonlyMap<SpecId, Pick<Spec, "dependsOn">>> {
    await this.refresh();
    const found = new Map<SpecId, Pick<Spec, "dependsOn">>();
    for (const [id, { head }] of this.#files) {
      const spec = this.#read.get(id)?.spec;
      const dependsOn = spec === undefined || isBroken(spec) ? head?.dependsOn : spec.dependsOn;
      if (dependsOn !== undefined && dependsOn.length > 0) found.set(id, { dependsOn });
    }
    return found;
  }
}
