import { join } from "node:path";
import { decodeUtf8 } from "../../kit/utf8.ts";
import { mergeSpec } from "../../domain/merge-spec.ts";
import { readUserFile, statIfExists } from "../../host/files.ts";
import { type NewObject, newObject, storeObjects } from "../../git/objects.ts";
import { gitText } from "../../git/program.ts";
import type { OwnedFile } from "../../git/publish.ts";
import { type Checkout, checkoutPlace } from "../../git/repository.ts";
import { setting } from "../../git/settings.ts";
import type { Engine } from "./engine.ts";

/**
 * The spec files of the checkout that is on the target. Chant writes them itself, because they may be untracked,
 * staged or modified there, which git would refuse to touch; the user's own edits in them stay edits.
 */
export class HomeFiles {
  readonly #engine: Engine;
  readonly #checkout: Checkout;
  readonly #hasAttributes: boolean;

  private constructor(engine: Engine, checkout: Checkout, hasAttributes: boolean) {
    this.#engine = engine;
    this.#checkout = checkout;
    this.#hasAttributes = hasAttributes;
  }

  static async open(engine: Engine, checkout: Checkout): Promise<HomeFiles> {
    const { repo, settings } = engine;
    const home = process.env["HOME"] ?? "/";
    const places = [
      join(checkout.path, ".gitattributes"),
      join(checkout.path, ".chant", ".gitattributes"),
      join(checkout.path, ".chant", "specs", ".gitattributes"),
      join(repo.commonDir, "info", "attributes"),
      join(process.env["XDG_CONFIG_HOME"] ?? join(home, ".config"), "git", "attributes"),
    ];
    const found = await Promise.all(places.map(statIfExists));
    const hasAttributes =
      found.some((stat) => stat !== undefined) || setting(settings, "core.attributesfile") !== undefined;
    return new HomeFiles(engine, checkout, hasAttributes);
  }

  read(path: string): Promise<Buffer | "unreadable" | undefined> {
    return readUserFile(join(this.#checkout.path, path));
  }

  /** Stores bytes as they would be committed from this checkout (line ends, filters) and returns the blob. */
  async blobOf(path: string, bytes: Buffer): Promise<string> {
    if (!this.#hasAttributes && !bytes.includes(13)) return this.#store(bytes);
    return gitText(checkoutPlace(this.#checkout), ["hash-object", "-w", `--path=${path}`, "--stdin"], {
      input: bytes,
    });
  }

  /** A file that goes into the commit as it stands on disk, after an edit by chant. */
  async asOnDisk(
    path: string,
    before: Buffer,
    after: Buffer,
    committed: string | undefined,
  ): Promise<OwnedFile> {
    const blob = await this.blobOf(path, after);
    const cleanBefore = before.equals(after) ? blob : await this.blobOf(path, before);
    return this.#owned(path, before, after, blob, [committed, cleanBefore]);
  }

  /**
   * A file whose committed content changes from `old` to `now`: on disk the same change is made, and what the user
   * edited there stays an edit. Undefined when the two cannot be brought together.
   */
  async follow(
    path: string,
    old: string | undefined,
    now: string,
    committed: string | undefined,
  ): Promise<OwnedFile | undefined> {
    const blob = await this.#store(Buffer.from(now, "utf8"));
    const before = await this.read(path);
    if (before === undefined) {
      // A file that was there and that the user has removed: that stays their uncommitted change.
      const after = old === undefined ? Buffer.from(now, "utf8") : undefined;
      return this.#owned(path, undefined, after, blob, [committed]);
    }
    const disk = before === "unreadable" ? undefined : decodeUtf8(before);
    if (before === "unreadable" || disk === undefined) return undefined;
    const hasCr = disk.includes("\r\n") && !now.includes("\r\n");
    const plain = hasCr ? disk.replaceAll("\r\n", "\n") : disk;
    let text = now;
    if (plain !== old && plain !== now) {
      const merged = mergeSpec({ base: old ?? now, ours: now, theirs: plain });
      if (!merged.ok) return undefined;
      text = merged.text;
    }
    const after = Buffer.from(hasCr ? text.replaceAll("\n", "\r\n") : text, "utf8");
    return this.#owned(path, before, after, blob, [committed, await this.blobOf(path, before)]);
  }

  async #owned(
    path: string,
    before: Buffer | undefined,
    after: Buffer | undefined,
    blob: string,
    known: readonly (string | undefined)[],
  ): Promise<OwnedFile> {
    return {
      path,
      before,
      after,
      beforeOid: before === undefined ? undefined : await this.#store(before),
      afterOid: after === undefined ? undefined : await this.#store(after),
      blob,
      known: [blob, ...known.filter((oid) => oid !== undefined)],
    };
  }

  async #store(bytes: Buffer): Promise<string> {
    const object: NewObject = newObject(this.#engine.repo.hash, "blob", bytes);
    await storeObjects(this.#engine.repo, [object]);
    return object.oid;
  }
}
