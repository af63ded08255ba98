import type { SpecId } from "../../domain/id.ts";
import { type LogEntry, logLines } from "../../domain/log-line.ts";
import { appendLines } from "../../host/files.ts";
import { type Places, specLogFile } from "../../store/places.ts";

/** So many lines of one gate go into the logs, and its last ones. */
const KEPT_LINES = 20_000;
const FLUSH_MS = 200;

/** Writes what a gate prints into the logs of all whose work it tries. A log that cannot be written holds nothing up. */
export class GateLog implements AsyncDisposable {
  readonly #files: readonly string[];
  #pending: string[] = [];
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing = Promise.resolve();

  constructor({ logs }: Pick<Places, "logs">, ids: readonly SpecId[]) {
    this.#files = ids.map((id) => specLogFile(logs, id));
  }

  /** Says something of chant's own; what follows is counted anew. */
  note(text: string): void {
    this.#count = 0;
    this.#add({ kind: "note", atMs: Date.now(), text });
  }

  line(text: string): void {
    this.#count += 1;
    if (this.#count <= KEPT_LINES) this.#add({ kind: "output", atMs: Date.now(), text });
  }

  /** Writes the last lines of a gate once more where there were too many of them. */
  tail(lines: readonly string[]): void {
    const left = this.#count - KEPT_LINES;
    if (left <= 0) return;
    this.note(`${left} more lines; the last ones:`);
    for (const line of lines) this.line(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#flush();
  }

  #add(entry: LogEntry): void {
    this.#pending.push(...logLines(entry));
    this.#timer ??= setTimeout(() => void this.#flush(), FLUSH_MS).unref();
  }

  #flush(): Promise<void> {
    this.#timer = undefined;
    const lines = this.#pending;
    this.#pending = [];
    this.#writing = this.#writing.then(async () => {
      if (lines.length === 0) return;
      for (const file of this.#files) {
        await appendLines(file, lines).catch(() => undefined);
      }
    });
    return this.#writing;
  }
}
