import { statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { ChantError } from "../kit/errors.ts";

/**
 * A lock that the kernel gives back when its holder dies: an exclusive SQLite transaction on a file that is opened
 * only through SQLite (opening and closing it any other way would drop the lock) and never deleted by chant.
 * Within one process the holders take turns.
 */
export class KernelLock implements Disposable {
  readonly #path: string;
  #db: DatabaseSync | undefined;
  #inode = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Runs `work` while holding the lock, waiting at most `waitMs` for it.
   * @throws ChantError LOCK_BUSY when another process holds it that long.
   */
  hold<T>(
    work: () => Promise<T>,
    options: { readonly waitMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<T> {
    const turn = this.#tail.then(async () => {
      const db = await this.#acquire(options.waitMs ?? 30_000, options.signal);
      try {
        return await work();
      } finally {
        db.exec("ROLLBACK");
      }
    });
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  [Symbol.dispose](): void {
    this.#db?.close();
    this.#db = undefined;
  }

  async #acquire(waitMs: number, signal: AbortSignal | undefined): Promise<DatabaseSync> {
    const until = performance.now() + waitMs;
    for (let pauseMs = 0.5; ; pauseMs = Math.min(pauseMs * 1.6, 15)) {
      signal?.throwIfAborted();
      const db = await this.#open();
      if (tryBegin(db)) {
        if (this.#isStillTheFile()) return db;
        // Somebody deleted the file: a lock on a file without a name excludes nobody.
        db.exec("ROLLBACK");
        this[Symbol.dispose]();
        continue;
      }
      if (performance.now() > until) {
        throw new ChantError("LOCK_BUSY", `Another chant process holds ${this.#path}.`, {
          hint: "Try again in a moment.",
        });
      }
      await delay(pauseMs * (0.5 + Math.random()), undefined, signal === undefined ? {} : { signal });
    }
  }

  async #open(): Promise<DatabaseSync> {
    if (this.#db !== undefined) return this.#db;
    await mkdir(dirname(this.#path), { recursive: true });
    const db = new DatabaseSync(this.#path);
    this.#inode = statSync(this.#path).ino;
    this.#db = db;
    return db;
  }

  #isStillTheFile(): boolean {
    try {
      return statSync(this.#path).ino === this.#inode;
    } catch {
      return false;
    }
  }
}

function tryBegin(db: DatabaseSync): boolean {
  try {
    db.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if (error instanceof Error && /locked|busy/i.test(error.message)) return false;
    throw error;
  }
}
