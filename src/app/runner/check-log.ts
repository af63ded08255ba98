import { logLines } from "../../domain/log-line.ts";
import { appendLines } from "../../host/files.ts";
import { specLogFile } from "../../store/places.ts";
import type { Launch } from "../engine/launch.ts";

/** What one check may put into the log, in characters; of what it prints beyond that nothing is kept. */
const LIMIT = 1024 * 1024;
const FLUSH_MS = 200;

/** Writes what a check prints into a run's log while it runs; what comes close together is written together. */
export class CheckLog implements AsyncDisposable {
  readonly #path: string;
  readonly #pending: string[] = [];
  #left = LIMIT;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor({ logs, id }: Launch) {
    this.#path = specLogFile(logs, id);
  }

  /** Words of chant's own. */
  note(text: string): void {
    this.#push(logLines({ kind: "note", atMs: Date.now(), text }));
  }

  /** A line that the check printed. */
  line(text: string): void {
    if (this.#left <= 0) return;
    this.#left -= text.length + 1;
    this.#push(logLines({ kind: "output", atMs: Date.now(), text }));
    if (this.#left <= 0) this.note("it prints more, which is not kept here");
  }

  #push(lines: readonly string[]): void {
    this.#pending.push(...lines);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#flush();
    }, FLUSH_MS).unref();
  }

  /** A log that cannot be written holds nothing up. */
  #flush(): Promise<void> {
    this.#writing = this.#writing
      .then(() => appendLines(this.#path, this.#pending.splice(0)))
      .catch(() => undefined);
    return this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#flush();
  }
}
