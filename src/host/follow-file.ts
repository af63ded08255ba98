import { type FSWatcher, watch } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/**
 * Reads what is appended to a file, as whole lines, until it is closed; then the rest, a last line without an end
 * included. The file may not be there yet.
 */
export class FileFollower implements AsyncDisposable {
  readonly #path: string;
  readonly #onLine: (line: string) => void;
  readonly #watcher: FSWatcher | undefined;
  readonly #timer: NodeJS.Timeout;
  #file: FileHandle | undefined;
  #offset: number;
  #rest = "";
  readonly #decoder = new TextDecoder();
  #turn: Promise<void> = Promise.resolve();

  constructor(path: string, fromBytes: number, onLine: (line: string) => void) {
    this.#path = path;
    this.#offset = fromBytes;
    this.#onLine = onLine;
    // Appends to a file that is there are seen at once; the timer is for everything else.
    this.#watcher = tryWatch(path, () => void this.read());
    this.#timer = setInterval(() => void this.read(), 250);
    this.#timer.unref();
  }

  /** How far it has read. */
  get offsetBytes(): number {
    return this.#offset - Buffer.byteLength(this.#rest);
  }

  /** Reads what there is now. */
  read(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#readOn()).catch(() => undefined);
    return this.#turn;
  }

  async #readOn(): Promise<void> {
    this.#file ??= await open(this.#path, "r").catch(() => undefined);
    if (this.#file === undefined) return;
    const buffer = Buffer.alloc(64 * 1024);
    for (;;) {
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      const lines = (
        this.#rest + this.#decoder.decode(buffer.subarray(0, bytesRead), { stream: true })
      ).split("\n");
      this.#rest = (lines.pop() ?? "").slice(0, LINE_LIMIT);
      for (const line of lines) this.#onLine(line.slice(0, LINE_LIMIT));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watcher?.close();
    clearInterval(this.#timer);
    await this.read();
    if (this.#rest !== "") this.#onLine(this.#rest);
    this.#rest = "";
    await this.#file?.close();
  }
}

/** The longest line that is passed on, in characters; an agent may print megabytes without a line end. */
const LINE_LIMIT = 64 * 1024;

function tryWatch(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, onChange);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
