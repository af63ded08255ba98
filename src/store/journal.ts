import type { Clock } from "../kit/clock.ts";
import { type AttemptEnd, happeningKey, onOneLine, type SpecHappening } from "../domain/history.ts";
import { parseDuration } from "../domain/period.ts";
import type { SpecId } from "../domain/id.ts";
import { Database, type SqlValue } from "../host/database.ts";

/** How long a line waits for another process that writes, in milliseconds. */
const BUSY_MS = 100;
/** After a line that could not be written, none is tried for so long, in milliseconds. */
const REST_MS = 1_000;
/** Who only reads may take longer. */
const READ_BUSY_MS = 2_000;
const DAY_MS = 24 * 60 * 60_000;

/** The version of these tables, in the file's `user_version`. */
const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS attempts (
    run TEXT NOT NULL, launch INTEGER NOT NULL, spec TEXT NOT NULL, attempt INTEGER NOT NULL, agent TEXT NOT NULL,
    provider TEXT, model TEXT, session TEXT, started_ms INTEGER, ended_ms INTEGER NOT NULL, verdict TEXT NOT NULL,
    reason TEXT, input_tokens INTEGER, output_tokens INTEGER, cached_tokens INTEGER, cost_usd REAL,
    is_cumulative INTEGER, PRIMARY KEY (run, launch));
  CREATE TABLE IF NOT EXISTS events (
    key TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, spec TEXT NOT NULL, text TEXT, agent TEXT,
    run TEXT, attempt INTEGER, commit_id TEXT);
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS attempts_by_time ON attempts (ended_ms);
  CREATE INDEX IF NOT EXISTS events_by_time ON events (at_ms);
  PRAGMA user_version = ${SCHEMA_VERSION};`;

export interface JournalOptions {
  readonly path: string;
  /** As configured: `forever`, or a duration such as `1y`. */
  readonly retention: string;
  readonly clock: Pick<Clock, "nowMs">;
  /** Told once of what keeps lines from being written. */
  readonly warn: (message: string) => void;
}

/**
 * Writes the history of runs. Nothing depends on it: a line that cannot be written is lost, with one warning, and holds
 * nobody up. To write a line again changes nothing. The file is opened with the first line.
 */
export class Journal implements Disposable {
  readonly #options: JournalOptions;
  readonly #written = new Set<string>();
  #db: Database | undefined;
  #hasWarned = false;
  #restsUntilMs = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  happened(happening: SpecHappening): void {
    const { atMs, kind, id, text, agent, run, attempt, commit } = happening;
    const key = happeningKey(happening);
    this.#write(key, (db) =>
      db.run(
        "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ...[key, atMs, kind, id, text, agent, run, attempt, commit].map((value) => value ?? null),
      ),
    );
  }

  ended(end: AttemptEnd): void {
    const { run, launch, id, attempt, agent, provider, model, session, startedAtMs, endedAtMs } = end;
    const { verdict, reason, usage } = end;
    const values = [
      run,
      launch,
      id,
      attempt,
      agent,
      provider,
      model,
      session,
      startedAtMs,
      endedAtMs,
      verdict,
      reason === undefined ? undefined : onOneLine(reason),
      usage?.inputTokens,
      usage?.outputTokens,
      usage?.cachedTokens,
      usage?.costUsd,
      usage === undefined ? undefined : Number(usage.isCumulative),
    ];
    this.#write(`${run} ${launch}`, (db) =>
      db.run(
        `INSERT OR IGNORE INTO attempts VALUES (${values.map(() => "?").join(", ")})`,
        ...values.map((value) => value ?? null),
      ),
    );
  }

  [Symbol.dispose](): void {
    try {
      this.#db?.[Symbol.dispose]();
    } catch {
      // It is over with it either way.
    }
    this.#db = undefined;
  }

  #write(key: string, write: (db: Database) => void): void {
    if (this.#written.has(key)) return;
    // Also when it fails: a coordinator looks at the same end many times.
    this.#written.add(key);
    const { clock, path, warn } = this.#options;
    // Whoever is in the way holds up one line, not each of many.
    if (clock.nowMs() < this.#restsUntilMs) return;
    try {
      write((this.#db ??= this.#open()));
    } catch (error) {
      this.#restsUntilMs = clock.nowMs() + REST_MS;
      if (this.#hasWarned) return;
      this.#hasWarned = true;
      const words = error instanceof Error ? error.message : String(error);
      warn(`The journal ${path} cannot be written: ${words}. The history lacks some lines; work goes on.`);
    }
  }

  #open(): Database {
    const db = Database.open(this.#options.path, BUSY_MS);
    try {
      if (versionOf(db) > SCHEMA_VERSION) throw new Error("it is of a newer chant");
      db.exec(SCHEMA);
      this.#trim(db);
      return db;
    } catch (error) {
      db[Symbol.dispose]();
      throw error;
    }
  }

  /** Removes what is older than it is to be kept, at most once a day. */
  #trim(db: Database): void {
    const keptMs = parseDuration(this.#options.retention);
    if (keptMs === undefined) return;
    const nowMs = this.#options.clock.nowMs();
    const [row] = db.all("SELECT value FROM meta WHERE name = 'trimmed_ms'");
    const lastMs = Number(row?.["value"] ?? 0);
    if (lastMs <= nowMs && nowMs - lastMs < DAY_MS) return;
    db.run("INSERT OR REPLACE INTO meta VALUES ('trimmed_ms', ?)", nowMs);
    db.run("DELETE FROM attempts WHERE ended_ms < ?", nowMs - keptMs);
    db.run("DELETE FROM events WHERE at_ms < ?", nowMs - keptMs);
  }
}

/** What a journal holds, oldest first. `problem`: why it could not be read, as a clause. */
export interface JournalLines {
  readonly attempts: readonly AttemptEnd[];
  readonly happenings: readonly SpecHappening[];
  readonly problem?: string;
}

/** Reads what a journal holds from a time on; of one spec, where it is named. One that is missing is empty. */
export async function readJournal(path: string, sinceMs: number, id?: SpecId): Promise<JournalLines> {
  try {
    using db = await Database.openToRead(path, READ_BUSY_MS);
    if (db === undefined || versionOf(db) === 0) return { attempts: [], happenings: [] };
    if (versionOf(db) > SCHEMA_VERSION) throw new Error("it is of a newer chant");
    const [which, values] = id === undefined ? ["", []] : ["AND spec = ?", [id]];
    const attempts = db.all(
      `SELECT * FROM attempts WHERE ended_ms >= ? ${which} ORDER BY ended_ms, run, launch`,
      sinceMs,
      ...values,
    );
    const events = db.all(
      `SELECT * FROM events WHERE at_ms >= ? ${which} ORDER BY at_ms, key`,
      sinceMs,
      ...values,
    );
    return { attempts: attempts.map(attemptOf), happenings: events.map(happeningOf) };
  } catch (error) {
    return { attempts: [], happenings: [], problem: error instanceof Error ? error.message : String(error) };
  }
}

type Row = Readonly<Record<string, SqlValue>>;

const text = (row: Row, name: string): string => String(row[name] ?? "");
const whole = (row: Row, name: string): number => Number(row[name] ?? 0);

/** Returns those of some columns that are not null, under their names in the program. */
function optional<N extends string>(
  row: Row,
  names: Readonly<Record<N, string>>,
): { readonly [K in N]?: SqlValue } {
  const entries = Object.entries<string>(names).map(([name, column]) => [name, row[column] ?? null] as const);
  // Checked: the names are those that were given.
  return Object.fromEntries(entries.filter(([, value]) => value !== null)) as {
    readonly [K in N]?: SqlValue;
  };
}

function attemptOf(row: Row): AttemptEnd {
  const isUsageKnown = row["input_tokens"] !== null;
  const cost = row["cost_usd"];
  const usage = {
    inputTokens: whole(row, "input_tokens"),
    outputTokens: whole(row, "output_tokens"),
    cachedTokens: whole(row, "cached_tokens"),
    ...(typeof cost === "number" ? { costUsd: cost } : {}),
    isCumulative: row["is_cumulative"] === 1,
  };
  const known = optional(row, {
    provider: "provider",
    model: "model",
    session: "session",
    startedAtMs: "started_ms",
    reason: "reason",
  });
  return {
    id: text(row, "spec"),
    run: text(row, "run"),
    launch: whole(row, "launch"),
    attempt: whole(row, "attempt"),
    agent: text(row, "agent"),
    endedAtMs: whole(row, "ended_ms"),
    // Checked: the columns have the types with which chant wrote them.
    verdict: text(row, "verdict") as AttemptEnd["verdict"],
    ...(known as Partial<AttemptEnd>),
    ...(isUsageKnown ? { usage } : {}),
  };
}

function happeningOf(row: Row): SpecHappening {
  const known = optional(row, {
    text: "text",
    agent: "agent",
    run: "run",
    attempt: "attempt",
    commit: "commit_id",
  });
  return {
    atMs: whole(row, "at_ms"),
    id: text(row, "spec"),
    // Checked, as above.
    kind: text(row, "kind") as SpecHappening["kind"],
    ...(known as Partial<SpecHappening>),
  };
}

const versionOf = (db: Database): number => Number(db.all("PRAGMA user_version")[0]?.["user_version"] ?? 0);
