import { readFileSync, statSync } from "node:fs";
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
  readonly #signal: AbortSignal | undefined;
  #db: DatabaseSync | undefined;
  #inode = 0;
  #tail: Promise<unknown> = Promise.resolve();

  /** @param signal ends every wait for the lock; what can be had without one is still had */
  constructor(path: string, signal?: AbortSignal) {
    this.#path = path;
    this.#signal = signal;
  }

  /**
   * Runs `work` while holding the lock, waiting at most `waitMs` for it.
   * @throws ChantError LOCK_BUSY when another process holds it that long; the signal's reason when that ended the wait
   */
  hold<T>(work: () => Promise<T>, options: { readonly waitMs?: number } = {}): Promise<T> {
    const turn = this.#tail.then(async () => {
      const db = await this.#acquire(options.waitMs ?? 30_000);
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

  async #acquire(waitMs: number): Promise<DatabaseSync> {
    const until = performance.now() + waitMs;
    for (let pauseMs = 0.5; ; pauseMs = Math.min(pauseMs * 1.6, 15)) {
      const db = await this.#tryEnter().catch((error: unknown) => {
        throw placeTrouble(error, this.#path) ?? error;
      });
      if (db !== undefined) return db;
      this.#signal?.throwIfAborted();
      if (performance.now() > until) {
        const holder = holderOf(this.#path);
        const who = holder === undefined ? "Another chant process" : `Another chant, process ${holder},`;
        throw new ChantError("LOCK_BUSY", `${who} holds ${this.#path}.`, {
          hint: "Try again in a moment.",
        });
      }
      await delay(pauseMs * (0.5 + Math.random()));
    }
  }

  /** Returns the database when the lock is held now, on the file that has the name. */
  async #tryEnter(): Promise<DatabaseSync | undefined> {
    const db = await this.#open();
    if (db === undefined) return undefined;
    try {
      if (!tryBegin(db)) return undefined;
      if (inodeOf(this.#path) === this.#inode) return db;
    } catch (error) {
      if (inodeOf(this.#path) === this.#inode) throw error;
    }
    // Somebody deleted the file: a lock on a file without a name excludes nobody, and SQLite refuses most of them.
    this[Symbol.dispose]();
    return undefined;
  }

  /** Opens the file, and once more when it is new, so that it is known which one it is; undefined when it keeps going. */
  async #open(): Promise<DatabaseSync | undefined> {
    if (this.#db !== undefined) return this.#db;
    await mkdir(dirname(this.#path), { recursive: true });
    for (let tries = 0; tries < 10; tries += 1) {
      const inode = inodeOf(this.#path);
      const db = new DatabaseSync(this.#path);
      if (inode !== undefined && inodeOf(this.#path) === inode) {
        this.#inode = inode;
        this.#db = db;
        return db;
      }
      db.close();
    }
    return undefined;
  }
}

/** Tells of a place in which SQLite cannot keep a lock: that is no fault of chant's. */
function placeTrouble(error: unknown, path: string): ChantError | undefined {
  if (!(error instanceof Error)) return undefined;
  if (/disk is full|^ENOSPC|^EDQUOT/i.test(error.message)) {
    return new ChantError("DISK_FULL", `There is no space left for the lock ${path}.`, {
      hint: "Nothing was changed. Free some space, then try again.",
      cause: error,
    });
  }
  if (!/unable to open|readonly database|disk I\/O/i.test(error.message)) return undefined;
  return new ChantError("FILE_REFUSED", `The lock ${path} cannot be opened: ${error.message}.`, {
    hint: "Nothing was changed. See that its folder is there and can be written to.",
    cause: error,
  });
}

/** Returns who holds a lock on a file, where the kernel tells: Linux does, but not across pid namespaces. */
function holderOf(path: string): number | undefined {
  try {
    const inode = String(inodeOf(path));
    const lines = readFileSync("/proc/locks", "latin1").split("\n");
    // 1: POSIX  ADVISORY  WRITE 1234 08:01:56789 0 EOF; what only waits for the lock has an arrow.
    const fields = lines.map((line) => line.trim().split(/\s+/));
    const found = fields.find(
      ([, kind, , access, , file = ""]) =>
        kind === "POSIX" && access === "WRITE" && file.split(":").at(-1) === inode,
    );
    const pid = Number(found?.[4]);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

const inodeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino;

function tryBegin(db: DatabaseSync): boolean {
  try {
    db.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if (error instanceof Error && /locked|busy/i.test(error.message)) return false;
    throw error;
  }
}
