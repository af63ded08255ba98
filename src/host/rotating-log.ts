import { closeSync, mkdirSync, openSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { hasCode } from "./files.ts";

export interface RotatingLogOptions {
  /** A longer file is put aside before the next line, in bytes. */
  readonly maxBytes?: number;
  /** How many old files stay: `PATH.1` is the newest of them. */
  readonly keep?: number;
  /** Told of the first line in a row that could not be written. */
  readonly onFailure?: (error: Error) => void;
}

const MAX_BYTES = 5 * 1024 * 1024;
const KEEP = 3;

/** Puts a log aside that would be too long with so many bytes more; whoever has it open goes on writing to it there. */
export function makeLogRoom(
  path: string,
  bytes: number,
  { maxBytes = MAX_BYTES, keep = KEEP }: Pick<RotatingLogOptions, "maxBytes" | "keep"> = {},
): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0 || size + bytes <= maxBytes) return;
  for (let number = keep; number > 0; number -= 1) {
    const from = number === 1 ? path : `${path}.${number - 1}`;
    try {
      renameSync(from, `${path}.${number}`);
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
    }
  }
}

/**
 * A log that is only added to and never grows without end. Whatever happens to its files meanwhile, a line never throws:
 * nothing may stop because its log cannot be written.
 */
export class RotatingLog {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  readonly #onFailure: (error: Error) => void;
  #hasFailed = false;

  constructor(path: string, options: RotatingLogOptions = {}) {
    this.#path = path;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
    this.#keep = options.keep ?? KEEP;
    this.#onFailure = options.onFailure ?? (() => undefined);
  }

  /** Adds a line; false when it could not be written. The file is opened anew each time, so that one that was moved or removed is not written to. */
  append(line: string): boolean {
    const bytes = Buffer.from(`${line}\n`, "utf8");
    try {
      this.#makeRoom(bytes.length);
      this.#write(bytes);
      this.#hasFailed = false;
      return true;
    } catch (error) {
      const isFirst = !this.#hasFailed;
      // Before the telling, which may well end in another line here.
      this.#hasFailed = true;
      if (isFirst) this.#onFailure(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }

  #makeRoom(bytes: number): void {
    makeLogRoom(this.#path, bytes, { maxBytes: this.#maxBytes, keep: this.#keep });
  }

  #write(bytes: Buffer): void {
    let file: number;
    try {
      file = openSync(this.#path, "a", 0o600);
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
      // The folder alone: where more is gone, the repository may be, and it must not come back.
      mkdirSync(dirname(this.#path));
      file = openSync(this.#path, "a", 0o600);
    }
    try {
      writeFileSync(file, bytes);
    } finally {
      closeSync(file);
    }
  }
}
