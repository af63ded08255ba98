import { join } from "node:path";
import { effect } from "../../../host/effects.ts";
import { readUserFile, removeFile, statIfExists, writeAtomic } from "../../../host/files.ts";
import { newObject, storeObjects } from "../../../git/objects.ts";
import { keepSnapshot } from "../../../git/snapshot.ts";
import { decodeUtf8 } from "../../../kit/utf8.ts";
import type { Engine } from "../engine.ts";

/** What becomes of one file: it is written only while it still holds the bytes that were read. */
export interface DiskEdit {
  readonly before: Buffer;
  /** Undefined removes it. */
  readonly after: Buffer | undefined;
  /** The spec whose snapshot keeps what is removed. */
  readonly keepAs?: string;
}

/** By path, relative to home. */
export type DiskEdits = ReadonlyMap<string, DiskEdit>;

/** The spec files of a silent project while a step is computed: nothing is written before all of it is known. */
export class SpecDisk {
  readonly #home: string;
  readonly #edits = new Map<string, DiskEdit>();

  constructor(home: string) {
    this.#home = home;
  }

  get edits(): DiskEdits {
    return this.#edits;
  }

  /** Returns what a file holds once the step is done; `text` is undefined for what is not UTF-8, or no file. */
  async read(
    path: string,
  ): Promise<{ readonly bytes: Buffer; readonly text: string | undefined } | undefined> {
    const edit = this.#edits.get(path);
    const bytes = edit === undefined ? await readUserFile(join(this.#home, path)) : edit.after;
    if (bytes === "unreadable") return { bytes: Buffer.alloc(0), text: undefined };
    return bytes === undefined ? undefined : { bytes, text: decodeUtf8(bytes) };
  }

  /** Changes a file that is there. */
  async write(path: string, text: string): Promise<void> {
    await this.#change(path, Buffer.from(text, "utf8"));
  }

  /** @param keepAs the spec whose snapshot keeps it; left out where it stands elsewhere already */
  async remove(path: string, keepAs?: string): Promise<void> {
    await this.#change(path, undefined, keepAs);
  }

  take(edits: DiskEdits): void {
    for (const [path, edit] of edits) this.#edits.set(path, edit);
  }

  async #change(path: string, after: Buffer | undefined, keepAs?: string): Promise<void> {
    const before = this.#edits.get(path)?.before ?? (await readUserFile(join(this.#home, path)));
    if (before === undefined || before === "unreadable") return;
    if (after?.equals(before) === true) this.#edits.delete(path);
    else this.#edits.set(path, { before, after, ...(keepAs === undefined ? {} : { keepAs }) });
  }
}

/**
 * Carries out what a step does on disk, each file in one step; false when somebody has edited one of them since it was
 * read. What is written by then stays: computed again, the step finds it done.
 */
export async function writeSpecs(engine: Engine, edits: DiskEdits): Promise<boolean> {
  for (const [path, edit] of edits) {
    if (!(await effect("silent.spec", () => writeSpec(engine, path, edit)))) return false;
  }
  return true;
}

async function writeSpec(
  engine: Engine,
  path: string,
  { before, after, keepAs }: DiskEdit,
): Promise<boolean> {
  const file = join(engine.repo.home, path);
  if (after === undefined && keepAs !== undefined) {
    const tree = await treeWithSpec(engine, undefined, path, before);
    const reason = `${path}, which was deleted.`;
    await keepSnapshot(
      engine.repo,
      keepAs,
      { tree, parents: [], reason, since: undefined },
      engine.signature(),
    );
  }
  const [now, stat] = [await readUserFile(file), await statIfExists(file)];
  if (now === undefined || now === "unreadable" || !now.equals(before) || stat === undefined) return false;
  if (after === undefined) await removeFile(file);
  else await writeAtomic(file, after, stat.mode & 0o777);
  return true;
}

/** Returns a tree with a spec's file in it, which git ignores. */
export async function treeWithSpec(
  { repo, trees }: Pick<Engine, "repo" | "trees">,
  tree: string | undefined,
  path: string,
  content: Uint8Array,
): Promise<string> {
  const blob = newObject(repo.hash, "blob", content);
  const made = await trees.with(tree, new Map([[path, { mode: "100644", oid: blob.oid }]]));
  await storeObjects(repo, [blob, ...made.objects]);
  return made.oid;
}
