import { MATCH_BEGIN, MATCH_END, searchTexts } from "../domain/search.ts";
import type { SpecId } from "../domain/id.ts";
import { type BrokenSpec, isBroken, type Spec } from "../domain/spec.ts";
import { Database, type SqlValue } from "../host/database.ts";
import { removeFile, statIfExists, writePlain } from "../host/files.ts";
import { buildMark } from "../host/own-program.ts";
import { dirname, join } from "node:path";
import { changedMs, type StampedSpec } from "./spec-cache.ts";
import { type HeadRow, packHeads, SpecHeads } from "./spec-heads.ts";

/** How long another process that writes is waited for, in milliseconds. */
const BUSY_MS = 100;

/** Counts up with the tables. What they hold also depends on the program that wrote it: see `mark`. */
const VERSION = 2;
const TABLES = `
  DROP TABLE IF EXISTS specs;
  DROP TABLE IF EXISTS words;
  DROP TABLE IF EXISTS heads;
  DROP TABLE IF EXISTS made;
  CREATE TABLE specs (n INTEGER PRIMARY KEY, place TEXT NOT NULL, id TEXT NOT NULL, stamp TEXT NOT NULL,
    status TEXT NOT NULL, depends TEXT NOT NULL, spec TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (place, id));
  CREATE TABLE heads (place TEXT PRIMARY KEY, lines TEXT NOT NULL, stamps BLOB NOT NULL);
  CREATE VIRTUAL TABLE words USING fts5 (title, labels, body, tokenize = 'unicode61 remove_diacritics 2');
  CREATE TABLE made (mark TEXT NOT NULL);`;

const DAMAGE = /malformed|not a database|no such|corrupt|disk image/i;

/** Where an indexed spec is. */
export type IndexedPlace = "active" | "archived";

/** A spec that a search found. */
export interface IndexHit {
  readonly place: IndexedPlace;
  readonly id: SpecId;
  /** The row of its texts. */
  readonly row: number;
  /** Lower is better. */
  readonly rank: number;
}

/** Title and the best part of the body, with matches marked by `MATCH_BEGIN` and `MATCH_END`. */
export interface MarkedTexts {
  readonly title: string;
  readonly body: string;
}

/**
 * What was read of specs, and the words in them, in a SQLite file that can be deleted at any time. Every call may throw
 * when the file is locked, damaged, or cannot be written; nothing depends on it.
 */
export class SpecIndex implements Disposable {
  readonly #db: Database;

  private constructor(db: Database) {
    this.#db = db;
  }

  /** Opens the file, and makes it anew where it is missing, of another build of chant, or damaged. */
  static async open(path: string, busyMs = BUSY_MS): Promise<SpecIndex> {
    try {
      return await SpecIndex.#openOnce(path, busyMs);
    } catch (error) {
      if (!(await SpecIndex.removeDamaged(path, error))) throw error;
      return SpecIndex.#openOnce(path, busyMs);
    }
  }

  /** Removes the file when an error says that it is damaged; returns whether it did. */
  static async removeDamaged(path: string, error: unknown): Promise<boolean> {
    const isDamaged = error instanceof SyntaxError || (error instanceof Error && DAMAGE.test(error.message));
    // The file first: without it, what is left of its journal is nobody's.
    for (const end of isDamaged ? ["", "-wal", "-shm"] : []) await removeFile(`${path}${end}`);
    return isDamaged;
  }

  /** An index that nobody else sees. */
  static inMemory(): SpecIndex {
    const db = Database.open(":memory:", 0);
    db.exec(TABLES);
    return new SpecIndex(db);
  }

  static async #openOnce(path: string, busyMs: number): Promise<SpecIndex> {
    const isNew = (await statIfExists(path)) === undefined;
    const db = Database.open(path, busyMs);
    try {
      // Also where the repository's own .gitignore does not know the folder.
      if (isNew) await writePlain(join(dirname(path), ".gitignore"), "*\n");
      db.exec("PRAGMA trusted_schema = OFF");
      const mark = buildMark();
      if (!isOurs(db, mark)) {
        db.exec("BEGIN IMMEDIATE");
        // Somebody else may have made it while this waited.
        if (!isOurs(db, mark)) {
          db.exec(TABLES);
          db.run("INSERT INTO made VALUES (?)", mark);
          db.exec(`PRAGMA user_version = ${VERSION}`);
        }
        db.exec("COMMIT");
      }
      return new SpecIndex(db);
    } catch (error) {
      db[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#db[Symbol.dispose]();
  }

  /** Runs `work` while nobody else writes, and keeps all that it did or nothing. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = await work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      try {
        this.#db.exec("ROLLBACK");
      } catch {
        // SQLite has done so already; why is in the first error.
      }
      throw error;
    }
  }

  /** Returns what it takes to pass over each of a place: one row has it for all of them. */
  heads(place: IndexedPlace): SpecHeads {
    for (const { lines, stamps } of this.#db.rows("SELECT lines, stamps FROM heads WHERE place = ?", place)) {
      if (stamps instanceof Uint8Array) return new SpecHeads({ lines: String(lines), stamps });
    }
    return new SpecHeads();
  }

  /** Returns all of a place, or some. */
  load(place: IndexedPlace, ids?: readonly SpecId[]): ReadonlyMap<SpecId, StampedSpec> {
    const found = new Map<SpecId, StampedSpec>();
    const some = ids === undefined ? "" : " AND id IN (SELECT value FROM json_each(?))";
    const values = ids === undefined ? [place] : [place, JSON.stringify(ids)];
    const sql = `SELECT id, stamp, spec, text FROM specs WHERE place = ?${some}`;
    for (const row of this.#db.rows(sql, ...values)) {
      const [id, stamp] = [String(row["id"]), String(row["stamp"])];
      const spec = unpack(String(row["spec"]), String(row["text"]));
      if (spec !== undefined) found.set(id, { stamp, spec });
    }
    return found;
  }

  /**
   * Keeps what was read, and forgets all of this place but `ids`.
   * @param settledMs files that changed at this time or later are read again the next time
   */
  keep(
    place: IndexedPlace,
    read: ReadonlyMap<SpecId, StampedSpec>,
    ids: ReadonlySet<SpecId>,
    settledMs: number,
  ): void {
    const db = this.#db;
    for (const { id, n } of db.all("SELECT id, n FROM specs WHERE place = ?", place)) {
      if (ids.has(String(id))) continue;
      db.run("DELETE FROM specs WHERE n = ?", rowid(n));
      db.run("DELETE FROM words WHERE rowid = ?", rowid(n));
    }
    for (const [id, { stamp, spec }] of read) {
      const { title, labels, body } = searchTexts(spec);
      const kept = isKeepable(spec) && changedMs(stamp) < settledMs ? stamp : "";
      const [row] = db.all(
        `INSERT INTO specs (place, id, stamp, status, depends, spec, text) VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (place, id) DO UPDATE SET stamp = excluded.stamp, status = excluded.status,
            depends = excluded.depends, spec = excluded.spec, text = excluded.text RETURNING n`,
        place,
        id,
        kept,
        isBroken(spec) ? "broken" : spec.status,
        JSON.stringify(isBroken(spec) ? [] : spec.dependsOn),
        pack(spec),
        spec.text,
      );
      const n = rowid(row?.["n"]);
      db.run("DELETE FROM words WHERE rowid = ?", n);
      db.run("INSERT INTO words (rowid, title, labels, body) VALUES (?, ?, ?, ?)", n, title, labels, body);
    }
    const { lines, stamps } = packHeads(this.#headRows(place, ids));
    db.run("INSERT OR REPLACE INTO heads (place, lines, stamps) VALUES (?, ?, ?)", place, lines, stamps);
  }

  /** In the order in which they were listed, which is that of the folder: the next one lists them so as well. */
  #headRows(place: IndexedPlace, ids: ReadonlySet<SpecId>): readonly HeadRow[] {
    const rows = new Map<SpecId, HeadRow>();
    const sql = "SELECT id, stamp, status, depends FROM specs WHERE place = ?";
    for (const row of this.#db.rows(sql, place)) {
      const [id, stamp, depends] = [String(row["id"]), String(row["stamp"]), String(row["depends"])];
      // Checked: this very build wrote it just above.
      const status = row["status"] as HeadRow["status"];
      rows.set(id, { id, stamp, status, dependsOn: JSON.parse(depends) as readonly SpecId[] });
    }
    return [...ids].flatMap((id) => rows.get(id) ?? []);
  }

  /** Returns what an FTS5 expression matches, in no order. A word counts ten times as much in a title, five in a label. */
  search(expression: string): readonly IndexHit[] {
    const rows = this.#db.all(
      `SELECT n, place, id, bm25(words, 10, 5, 1) AS rank FROM words JOIN specs ON n = words.rowid
        WHERE words MATCH ?`,
      expression,
    );
    return rows.map(({ n, place, id, rank }) => ({
      place: place === "archived" ? "archived" : "active",
      id: String(id),
      row: Number(n),
      rank: Number(rank),
    }));
  }

  /** Returns what to show of one that `search` found. */
  excerpt(expression: string, row: number): MarkedTexts {
    const [found] = this.#db.all(
      `SELECT highlight(words, 0, ?2, ?3) AS title, snippet(words, 2, ?2, ?3, '…', 16) AS body FROM words
        WHERE words MATCH ?1 AND rowid = ?4`,
      expression,
      MATCH_BEGIN,
      MATCH_END,
      rowid(row),
    );
    return { title: String(found?.["title"] ?? ""), body: String(found?.["body"] ?? "") };
  }
}

/** A number would be bound as a float, and FTS5 passes over a condition on its rows that is no integer. */
const rowid = (n: SqlValue | undefined): bigint => BigInt(Number(n));

/** Whatever the rows of a file are that another build has made, they are not read. */
function isOurs(db: Database, mark: string): boolean {
  const [version] = db.all("PRAGMA user_version");
  if (version?.["user_version"] !== VERSION) return false;
  const [made] = db.all("SELECT mark FROM made");
  return made?.["mark"] === mark;
}

/** A text that SQLite would cut off, and one that could not be read at all, are read from the file each time. */
const isKeepable = (spec: Spec | BrokenSpec): boolean =>
  !spec.text.includes("\0") && !(isBroken(spec) && spec.text === "");

/** What is kept beside the text: the body is its end. */
type Packed = Omit<Spec, "text" | "body"> | Omit<BrokenSpec, "text">;

function pack(spec: Spec | BrokenSpec): string {
  const { text, ...rest } = spec;
  const packed: Packed = rest;
  const body = isBroken(spec) ? undefined : spec.body.length;
  return JSON.stringify({ spec: { ...packed, body: undefined }, length: text.length, body });
}

/** Returns the spec that was packed, or undefined when it is not whole. */
function unpack(json: string, text: string): Spec | BrokenSpec | undefined {
  // Checked: the file is of this very build, which wrote it with `pack`.
  const { spec, length, body } = JSON.parse(json) as { spec: Packed; length: number; body?: number };
  if (text.length !== length) return undefined;
  if ("broken" in spec) return { ...spec, text };
  return { ...spec, text, body: text.slice(text.length - (body ?? 0)) };
}
