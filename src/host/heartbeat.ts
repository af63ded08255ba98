import { createHash } from "node:crypto";
import { join } from "node:path";
import { listIfExists, makeFolder, readIfExists, removeFile, statIfExists, writePlain } from "./files.ts";
import { ownIdentity, type ProcessIdentity } from "./identity.ts";

/** How often a process gives a sign of life, in milliseconds. */
export const BEAT_MS = 10_000;

/** A file of a process that went away without removing it is cleared away after so long, in milliseconds. */
const OLD_MS = 24 * 60 * 60_000;

const nameOf = ({ pid, startedAt, bootId, host }: ProcessIdentity): string =>
  createHash("sha256").update([pid, startedAt, bootId, host].join("\0")).digest("hex").slice(0, 20);

/**
 * Counts up in a file of its own as long as this process lives and gets to do something: for those who cannot look at
 * the process itself, because it is in another container or on another machine.
 */
export class Heartbeat implements AsyncDisposable {
  readonly #path: string;
  readonly #timer: NodeJS.Timeout;
  #count = 0;
  #writing: Promise<void>;

  constructor(folder: string) {
    this.#path = join(folder, nameOf(ownIdentity()));
    this.#writing = this.#begin(folder).catch(() => {});
    this.#timer = setInterval(() => {
      this.#writing = this.#writing.then(() => this.#beat());
    }, BEAT_MS);
    this.#timer.unref();
  }

  async #begin(folder: string): Promise<void> {
    await makeFolder(folder).catch(() => {});
    await this.#beat();
    for (const name of await listIfExists(folder)) {
      const path = join(folder, name);
      const stat = await statIfExists(path);
      if (stat !== undefined && Date.now() - stat.mtimeMs > OLD_MS) await removeFile(path).catch(() => {});
    }
  }

  /** A full disk costs a beat, and nothing else. */
  async #beat(): Promise<void> {
    this.#count += 1;
    await writePlain(this.#path, `${this.#count}\n`).catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    await removeFile(this.#path).catch(() => {});
  }
}

/** Returns the counter of a process, or undefined when it has none. */
export const readBeat = (folder: string, identity: ProcessIdentity): Promise<string | undefined> =>
  readIfExists(join(folder, nameOf(identity)));
