import { DiskFault } from "../disk.ts";
import { created, self } from "./fs.ts";

/** The part of `node:sqlite` that chant uses: one exclusive transaction at a time on a file, ended with its process. */
export class DatabaseSync {
  readonly #inode: number;
  readonly #lock = { process: self() };

  constructor(path: string) {
    try {
      this.#inode = created(path, "a", 0o644).ino;
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error;
      // In SQLite's own words.
      const words = error.code === "ENOSPC" ? "database or disk is full" : "disk I/O error";
      throw new Error(words, { cause: error });
    }
  }

  exec(sql: string): void {
    const { databaseLocks } = self().machine;
    if (sql === "ROLLBACK") return this.close();
    if (sql !== "BEGIN EXCLUSIVE") throw new Error(`not simulated: ${sql}`);
    if (databaseLocks.has(this.#inode)) throw new Error("database is locked");
    databaseLocks.set(this.#inode, this.#lock);
  }

  close(): void {
    const { databaseLocks } = this.#lock.process.machine;
    if (databaseLocks.get(this.#inode) === this.#lock) databaseLocks.delete(this.#inode);
  }
}
