import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { statIfExists } from "./files.ts";

/** What a column holds. */
export type SqlValue = string | number | null;

/**
 * A SQLite file that several processes may write. No call waits longer for another process than `busyMs`, and every
 * one may throw: the file may be locked, damaged, of another user, or its disk full.
 */
export class Database implements Disposable {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Opens a file for writing; it is made where it is missing, with its folder. */
  static open(path: string, busyMs: number): Database {
    mkdirSync(dirname(path), { recursive: true });
    const db = new DatabaseSync(path);
    try {
      db.exec(`PRAGMA busy_timeout = ${Math.floor(busyMs)}`);
      db.exec("PRAGMA journal_mode = WAL");
      // A power failure may take the last lines, never the file.
      db.exec("PRAGMA synchronous = NORMAL");
      return new Database(db);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Opens a file that is only read; undefined when there is none. */
  static async openToRead(path: string, busyMs: number): Promise<Database | undefined> {
    if ((await statIfExists(path)) === undefined) return undefined;
    const db = new DatabaseSync(path, { readOnly: true });
    db.exec(`PRAGMA busy_timeout = ${Math.floor(busyMs)}`);
    return new Database(db);
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /** Runs one statement. */
  run(sql: string, ...values: readonly SQLInputValue[]): void {
    this.#statement(sql).run(...values);
  }

  /** Returns all rows of a query, by the names of their columns. */
  all(sql: string, ...values: readonly SQLInputValue[]): readonly Readonly<Record<string, SqlValue>>[] {
    return this.#statement(sql)
      .all(...values)
      .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])));
  }

  /** Goes through the rows of a query one after the other; nothing is converted. */
  rows(sql: string, ...values: readonly SQLInputValue[]): Iterable<Readonly<Record<string, SQLOutputValue>>> {
    return this.#statement(sql).iterate(...values);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }
}

const plain = (value: SQLOutputValue): SqlValue =>
  typeof value === "string" || typeof value === "number" || value === null ? value : String(value);
