import { writeSync } from "node:fs";
import { isatty } from "node:tty";

/** The alternate screen without a cursor, and back. */
const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";

/**
 * Takes the whole terminal, and gives it back as it was, however the program ends (but by SIGKILL). Keys come one by one,
 * without being shown; Ctrl-C is one of them.
 */
export class FullScreen implements Disposable {
  readonly #onData: (bytes: Buffer) => void;
  readonly #hasKeys = isatty(0);
  #isOver = false;
  readonly #leave = (): void => this[Symbol.dispose]();

  /** @param onKey gets what a key sends: one character, or an escape sequence */
  constructor(onKey: (key: string) => void) {
    this.#onData = (bytes) => onKey(bytes.toString("utf8"));
    process.once("exit", this.#leave);
    write(ENTER);
    if (!this.#hasKeys) return;
    // Of a stream of our own over the same terminal the executable would wait for another key at the end.
    process.stdin.setRawMode(true);
    process.stdin.on("data", this.#onData);
    // Whoever closed the terminal wants nothing shown any more.
    process.stdin.on("error", ignore);
  }

  [Symbol.dispose](): void {
    if (this.#isOver) return;
    this.#isOver = true;
    process.off("exit", this.#leave);
    if (this.#hasKeys) {
      process.stdin.off("data", this.#onData);
      process.stdin.setRawMode(false);
      process.stdin.pause();
      process.stdin.unref();
    }
    write(LEAVE);
  }
}

const ignore = (): void => {};

function write(text: string): void {
  try {
    writeSync(1, text);
  } catch {
    // The terminal is gone, and with it what would have to be put right.
  }
}
