import { type ArchiveEntry, archivedId, isArchiveFolder, parseArchiveIndex } from "../domain/archive.ts";
import type { DependencyState } from "../domain/graph.ts";
import type { SpecId } from "../domain/id.ts";
import { isBroken } from "../domain/spec.ts";
import { parseCommit } from "../git/commit.ts";
import type { ObjectReader } from "../git/object-reader.ts";
import type { Trees } from "../git/tree.ts";
import { ARCHIVE_INDEX, parseArchived } from "../store/archive-files.ts";

/** What a tree's archive holds: the files by id, and the list of those that git does not track. */
interface Listing {
  readonly files: ReadonlyMap<SpecId, { readonly path: string; readonly oid: string }>;
  readonly index: ReadonlyMap<SpecId, ArchiveEntry>;
}

/** The archive as the target's tree has it: what counts for dependencies. */
export class TargetArchive {
  readonly #reader: ObjectReader;
  readonly #trees: Trees;
  readonly #folder: string;
  #known: { readonly oid: string; readonly listing: Listing } | undefined;

  /** @param folder relative to the repository */
  constructor(reader: ObjectReader, trees: Trees, folder: string) {
    this.#reader = reader;
    this.#trees = trees;
    this.#folder = folder;
  }

  /** Returns how those of these specs stand that are archived at a commit. */
  async states(commit: string, ids: Iterable<SpecId>): Promise<ReadonlyMap<SpecId, DependencyState>> {
    const states = new Map<SpecId, DependencyState>();
    const listing = await this.#listing(commit);
    for (const id of ids) {
      const file = listing.files.get(id);
      const entry = listing.index.get(id);
      if (file !== undefined) {
        const spec = parseArchived(id, file.path, (await this.#reader.require(file.oid)).content);
        states.set(id, !isBroken(spec) && spec.status === "cancelled" ? "cancelled" : "archived");
      } else if (entry !== undefined) {
        states.set(id, entry.status === "cancelled" ? "cancelled" : "archived");
      }
    }
    return states;
  }

  async #listing(commit: string): Promise<Listing> {
    const root = parseCommit((await this.#reader.require(commit)).content).tree;
    const folder = await this.#trees.find(root, this.#folder);
    if (folder === undefined) return { files: new Map(), index: new Map() };
    if (this.#known?.oid !== folder.oid) {
      this.#known = { oid: folder.oid, listing: await this.#read(folder.oid) };
    }
    return this.#known.listing;
  }

  async #read(oid: string): Promise<Listing> {
    const files = new Map<SpecId, { path: string; oid: string }>();
    let index: Listing["index"] = new Map();
    const walk = async (tree: string, below: string): Promise<void> => {
      for (const entry of await this.#trees.entries(tree)) {
        const path = `${below}${entry.name}`;
        if (entry.mode === "40000") {
          if (isArchiveFolder(path)) await walk(entry.oid, `${path}/`);
          continue;
        }
        const id = archivedId(path);
        if (id !== undefined && !files.has(id)) files.set(id, { path, oid: entry.oid });
        if (path === ARCHIVE_INDEX) {
          index = parseArchiveIndex((await this.#reader.require(entry.oid)).content.toString("utf8"));
        }
      }
    };
    await walk(oid, "");
    return { files, index };
  }
}
