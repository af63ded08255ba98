import { readSync, writeSync } from "node:fs";
import { isatty, WriteStream } from "node:tty";
import { hasCode } from "./files.ts";
import { FullScreen } from "./full-screen.ts";

type Output = 1 | 2;

/** What a shell reports for a program that SIGPIPE ended. */
const BROKEN_PIPE_STATUS = 141;

/** How long to pause before a full pipe is tried again, in milliseconds. */
const FULL_PIPE_PAUSE_MS = 2;

const DEFAULT_SIZE = { width: 80, height: 24 } as const;

/**
 * The three standard streams, by their numbers: `process.stdout` and `process.stderr` cost the executable 5 to 9 ms when
 * they are first touched.
 */
export class Terminal {
  readonly #env: NodeJS.ProcessEnv;
  #screen: WriteStream | undefined;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** Writes data to standard output. A reader that has gone ends the program without a word, as SIGPIPE would. */
  out(data: string | Uint8Array): void {
    if (!writeWhole(1, data)) process.exit(BROKEN_PIPE_STATUS);
  }

  /** Writes talk to standard error; without a reader it is lost. */
  err(text: string): void {
    writeWhole(2, text);
  }

  isTerminal(fd: 0 | Output): boolean {
    return isatty(fd);
  }

  /** Returns the size of the terminal in cells; 80 by 24 where there is none. */
  size(): { readonly width: number; readonly height: number } {
    const fd = ([2, 1] as const).find((each) => isatty(each));
    if (fd === undefined) return DEFAULT_SIZE;
    this.#screen ??= new WriteStream(fd);
    // Node asks the terminal again only for process.stdout and process.stderr.
    (this.#screen as { readonly _refreshSize?: () => void })._refreshSize?.();
    const { columns, rows } = this.#screen;
    return columns > 0 && rows > 0 ? { width: columns, height: rows } : DEFAULT_SIZE;
  }

  /** Tells whether colours may be used, by the habits of NO_COLOR and FORCE_COLOR. */
  hasColor(fd: Output): boolean {
    const isSet = (name: string): boolean => (this.#env[name] ?? "") !== "";
    if (isSet("NO_COLOR")) return false;
    if (isSet("FORCE_COLOR")) return this.#env["FORCE_COLOR"] !== "0";
    return isatty(fd) && this.#env["TERM"] !== "dumb";
  }

  /** Calls the listener whenever the terminal has another size. */
  onResize(listener: () => void): Disposable {
    process.on("SIGWINCH", listener);
    return { [Symbol.dispose]: () => void process.off("SIGWINCH", listener) };
  }

  /** Takes the whole terminal until it is disposed of. */
  fullScreen(onKey: (key: string) => void): Disposable {
    return new FullScreen(onKey);
  }

  /** Asks on standard error and returns the line that was typed, or undefined at the end of input. */
  ask(question: string): string | undefined {
    this.err(question);
    let line = "";
    const decoder = new TextDecoder();
    for (const bytes of input(1)) {
      line += decoder.decode(bytes, { stream: true });
      if (line.endsWith("\n")) return line.replace(/\r?\n$/, "");
    }
    return line === "" ? undefined : line;
  }

  /** Reads standard input to its end. */
  readAll(): string {
    return Buffer.concat([...input(64 * 1024)]).toString("utf8");
  }
}

/** Writes all of it; false when nobody reads it. */
function writeWhole(fd: Output, data: string | Uint8Array): boolean {
  let rest = typeof data === "string" ? Buffer.from(data, "utf8") : data;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      // The terminal was closed: what becomes of the program, SIGHUP says.
      if (hasCode(error, "EIO")) return true;
      // EBADF: the descriptor was closed before the start (`>&-`).
      if (hasCode(error, "EPIPE", "EBADF")) return false;
      // Somebody made the other end non-blocking, and it is full.
      if (!hasCode(error, "EAGAIN")) throw error;
      pause();
    }
  }
  return true;
}

function* input(chunkBytes: number): Generator<Buffer> {
  for (;;) {
    const chunk = Buffer.alloc(chunkBytes);
    try {
      const count = readSync(0, chunk);
      if (count === 0) return;
      yield chunk.subarray(0, count);
    } catch (error) {
      if (hasCode(error, "EOF")) return;
      if (!hasCode(error, "EAGAIN")) throw error;
      pause();
    }
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_PAUSE_MS);
}
