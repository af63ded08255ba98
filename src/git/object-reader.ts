import { join } from "node:path";
import { type Conversation, ConversationEnded, converse } from "../host/conversation.ts";
import { readBytesIfExists, readIfExists, statIfExists } from "../host/files.ts";
import { looseFile, unpackLoose } from "./loose-object.ts";
import { MissingObject } from "./missing-object.ts";
import { git, gitCommand } from "./program.ts";
import { looseRef, readRef } from "./refs.ts";
import { commonPlace, type Repository } from "./repository.ts";

export interface StoredObject {
  readonly oid: string;
  readonly type: string;
  readonly content: Buffer;
}

/** Where a HEAD is: the ref that it names, if it names one, and the commit that it stands for, if there is one. */
export interface Head {
  readonly ref: string | undefined;
  readonly commit: string | undefined;
  /** It names a commit that cannot be read: there is none then. */
  readonly isDamaged?: true;
}

/** What is smaller is kept, and what it takes besides its content, in bytes. */
const SMALL_BYTES = 65_536;
const ENTRY_BYTES = 512;
/** How much is kept, in bytes: then all is forgotten, as a watch lives for days. */
const KEPT_BYTES = 24 * 1024 * 1024;

/**
 * Reads objects and refs through one `git cat-file --batch` that stays. It sees what is written after it started,
 * and every ref is read anew. Content is kept by object name, which never changes its meaning.
 */
export class ObjectReader implements Disposable {
  readonly #repo: Repository;
  #git: Conversation | undefined;
  readonly #small = new Map<string, StoredObject>();
  #smallBytes = 0;

  constructor(repo: Repository) {
    this.#repo = repo;
  }

  /**
   * Returns the object that a name (an object name, a ref, `REF:PATH`) stands for, or undefined when none does. One that is
   * damaged is as good as none.
   */
  async read(name: string): Promise<StoredObject | undefined> {
    if (/[\n\0]/.test(name)) return undefined;
    const known = this.#small.get(name);
    if (known !== undefined) return known;
    const found = (await readLoose(this.#repo, name)) ?? (await this.#ask(name));
    return found?.oid === name && found.content.length < SMALL_BYTES ? this.#keep(found) : found;
  }

  #keep(found: StoredObject): StoredObject {
    // As it was read, it is a slice of a piece of memory that is many times as large, and would hold all of that.
    const content = Buffer.allocUnsafeSlow(found.content.length);
    found.content.copy(content);
    const kept: StoredObject = { ...found, content };
    this.#smallBytes += kept.content.length + ENTRY_BYTES;
    if (this.#smallBytes > KEPT_BYTES) {
      this.#small.clear();
      this.#smallBytes = kept.content.length + ENTRY_BYTES;
    }
    this.#small.set(kept.oid, kept);
    return kept;
  }

  async #ask(name: string, isAgain = false): Promise<StoredObject | undefined> {
    this.#git ??= converse(gitCommand(commonPlace(this.#repo), ["cat-file", "--batch"]));
    const asked = this.#git;
    try {
      return await asked.ask(`${name}\n`, parseAnswer);
    } catch (error) {
      if (!(error instanceof ConversationEnded)) throw error;
      // Whoever killed it, the next one answers as well.
      if (this.#git === asked) this[Symbol.dispose]();
      if (!isAgain) return this.#ask(name, true);
      if (await this.#isDamaged(name)) return undefined;
      throw error;
    }
  }

  /** A git that stays ends at an object that is damaged, without a word that could be read here. */
  async #isDamaged(name: string): Promise<boolean> {
    const args = ["cat-file", "-p", name];
    const { status, stderr } = await git(commonPlace(this.#repo), args, { accept: [0, 1, 128] });
    return status !== 0 && /corrupt|is empty|unable to unpack|inflate|could not get object info/.test(stderr);
  }

  /** Returns the commit that a ref points to, or undefined when there is no such ref. */
  async resolve(ref: string): Promise<string | undefined> {
    const loose = await looseRef(this.#repo.commonDir, ref);
    if (loose !== undefined) return loose;
    const found = await this.read(ref);
    return found?.type === "commit" ? found.oid : undefined;
  }

  /** Reads the HEAD of a checkout by its git folder; git itself is asked for what stands in no file of its own. */
  async head(gitDir: string): Promise<Head> {
    const text = ((await readIfExists(join(gitDir, "HEAD"))) ?? "").trim();
    const ref = /^ref: (.+)$/.exec(text)?.[1];
    const { commonDir } = this.#repo;
    const loose = ref === undefined ? await looseRef(gitDir, "HEAD") : await looseRef(commonDir, ref);
    if (loose === undefined) {
      return { ref, commit: await readRef({ ...this.#repo, commonDir: gitDir }, "HEAD") };
    }
    const isThere = (await this.read(loose))?.type === "commit";
    return isThere ? { ref, commit: loose } : { ref, commit: undefined, isDamaged: true };
  }

  /** Tells whether an object stands in a file of its own. */
  async isLoose(oid: string): Promise<boolean> {
    return (await statIfExists(looseFile(this.#repo, oid))) !== undefined;
  }

  /**
   * Returns an object that must be there.
   * @throws MissingObject
   */
  async require(name: string): Promise<StoredObject> {
    const found = await this.read(name);
    if (found === undefined) throw new MissingObject(name);
    return found;
  }

  [Symbol.dispose](): void {
    this.#git?.[Symbol.dispose]();
    this.#git = undefined;
  }
}

/**
 * Reads an object that stands in a file of its own, as whatever was written a moment ago does: in process, which is
 * most of what a landing reads. Packed ones and names other than an object's are for git.
 */
async function readLoose(repo: Repository, name: string): Promise<StoredObject | undefined> {
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(name)) return undefined;
  const packed = await readBytesIfExists(looseFile(repo, name));
  if (packed === undefined) return undefined;
  const found = unpackLoose(packed);
  return found === undefined ? undefined : { oid: name, ...found };
}

/** One answer of `cat-file --batch`: a header line, then the content and a newline; or one line that says why not. */
function parseAnswer(
  buffer: Buffer,
): { readonly value: StoredObject | undefined; readonly used: number } | undefined {
  const end = buffer.indexOf(10);
  if (end < 0) return undefined;
  const match = /^([0-9a-f]+) (\w+) (\d+)$/.exec(buffer.toString("latin1", 0, end));
  if (match === null) return { value: undefined, used: end + 1 };
  const [, oid = "", type = "", size = "0"] = match;
  const stop = end + 1 + Number(size);
  if (buffer.length < stop + 1) return undefined;
  return { value: { oid, type, content: Buffer.from(buffer.subarray(end + 1, stop)) }, used: stop + 1 };
}
