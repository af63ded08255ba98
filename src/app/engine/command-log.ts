import { type LogEntry, logLines } from "../../domain/log-line.ts";
import type { Redact } from "../../domain/redact.ts";
import { appendLines } from "../../host/files.ts";

/** What one command may put into a log, in characters; of what it prints beyond that only the last lines are kept. */
const LIMIT = 1024 * 1024;
const FLUSH_MS = 200;

/**
 * Writes what commands print into the logs of those whom it concerns, without secrets and while they run; what comes close
 * together is written together. A log that cannot be written holds nothing up.
 */
export class CommandLog implements AsyncDisposable {
  readonly #files: readonly string[];
  readonly #redact: Redact;
  readonly #pending: string[] = [];
  #left = LIMIT;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(files: readonly string[], redact: Redact) {
    this.#files = files;
    this.#redact = redact;
  }

  /** Words of chant's own, such as which command runs now: each may print as much again. */
  note(text: string): void {
    this.#left = LIMIT;
    this.#push({ kind: "note", atMs: Date.now(), text: this.#redact(text) });
  }

  /** A line that a command printed. */
  line(text: string): void {
    if (this.#left > 0) this.#push({ kind: "output", atMs: Date.now(), text: this.#redact(text) });
    this.#left -= text.length + 1;
  }

  /** Writes the last lines of a command that printed too much. */
  tail(lines: readonly string[]): void {
    if (this.#left > 0) return;
    this.note("what it printed after that is not kept here, but for the last lines:");
    for (const line of lines) this.line(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#flush();
  }

  #push(entry: LogEntry): void {
    this.#pending.push(...logLines(entry));
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#flush();
    }, FLUSH_MS).unref();
  }

  #flush(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const lines = this.#pending.splice(0);
      if (lines.length === 0) return;
      for (const file of this.#files) await appendLines(file, lines).catch(() => undefined);
    });
    return this.#writing;
  }
}
