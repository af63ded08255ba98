import { type FSWatcher, watch } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { statIfExists } from "./files.ts";

/** The longest line that is passed on, in bytes; a program may print megabytes without a line end. */
const LINE_LIMIT_BYTES = 64 * 1024;

const NEWLINE = 10;

/** How often the file is looked at without an event, in milliseconds: one that is watched, and any other. */
const WATCHED_LOOK_MS = 1_000;
const LOOK_MS = 250;

/** Takes a line without its end, and where in the file the next one begins, in bytes. */
export type OnLine = (line: string, endBytes: number) => void;

/**
 * Reads what is appended to a file, as whole lines, until it is closed; then the rest, a last line without an end
 * included. Of a line that is too long the beginning is passed on. The file may not be there yet.
 */
export class FileFollower implements AsyncDisposable {
  readonly #path: string;
  readonly #onLine: OnLine;
  readonly #limitBytes: number;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #buffer = Buffer.alloc(64 * 1024);
  #file: FileHandle | undefined;
  /** Where it reads next, and where the line begins that it is in. */
  #readBytes: number;
  #lineBytes: number;
  /** The beginning of that line. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(path: string, fromBytes: number, onLine: OnLine, limitBytes = LINE_LIMIT_BYTES) {
    this.#path = path;
    this.#readBytes = fromBytes;
    this.#lineBytes = fromBytes;
    this.#onLine = onLine;
    this.#limitBytes = limitBytes;
    // Once the file is there, appends to it are seen at once; the timer is for everything else.
    this.#watcher = tryWatch(path, () => void this.read());
    this.#lookLater();
  }

  #lookLater(): void {
    if (this.#isClosed) return;
    const pauseMs = this.#watcher === undefined ? LOOK_MS : WATCHED_LOOK_MS;
    this.#timer = setTimeout(() => void this.#look().finally(() => this.#lookLater()), pauseMs);
    this.#timer.unref();
  }

  /** Most looks find nothing, in agents that think for minutes: such a one is a single call. */
  async #look(): Promise<void> {
    const size = (await statIfExists(this.#path).catch(() => undefined))?.size;
    if (size !== this.#readBytes || this.#watcher === undefined) await this.read();
  }

  /** Reads what there is now. */
  read(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#readOn()).catch(() => undefined);
    return this.#turn;
  }

  async #readOn(): Promise<void> {
    this.#file ??= await open(this.#path, "r").catch(() => undefined);
    if (this.#file === undefined) return;
    if (!this.#isClosed) this.#watcher ??= tryWatch(this.#path, () => void this.read());
    for (;;) {
      const { bytesRead } = await this.#file.read(this.#buffer, 0, this.#buffer.length, this.#readBytes);
      if (bytesRead === 0) return;
      this.#take(this.#buffer.subarray(0, bytesRead));
    }
  }

  #take(chunk: Buffer): void {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from);
      this.#hold(chunk.subarray(from, end < 0 ? chunk.length : end));
      this.#readBytes += (end < 0 ? chunk.length : end + 1) - from;
      if (end < 0) return;
      this.#passOn();
      from = end + 1;
    }
  }

  #hold(part: Buffer): void {
    const kept = part.subarray(0, this.#limitBytes - this.#heldBytes);
    if (kept.length === 0) return;
    // A copy: the buffer is read into again.
    this.#held.push(Buffer.from(kept));
    this.#heldBytes += kept.length;
  }

  #passOn(): void {
    const line = Buffer.concat(this.#held).toString("utf8");
    this.#held = [];
    this.#heldBytes = 0;
    this.#lineBytes = this.#readBytes;
    this.#onLine(line, this.#lineBytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#watcher?.close();
    clearTimeout(this.#timer);
    await this.read();
    if (this.#readBytes > this.#lineBytes) this.#passOn();
    await this.#file?.close();
    this.#file = undefined;
  }
}

function tryWatch(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, onChange);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
