import type { StricliProcess } from "@stricli/core";
import type { Clock } from "../kit/clock.ts";

/** The standard streams as commands use them. */
export interface Terminal {
  /** Data. */
  out(data: string | Uint8Array): void;
  /** Talk. */
  err(text: string): void;
  isTerminal(fd: 0 | 1 | 2): boolean;
  hasColor(fd: 1 | 2): boolean;
  /** In cells; 80 by 24 where there is no terminal. */
  size(): { readonly width: number; readonly height: number };
  onResize(listener: () => void): Disposable;
  /** Takes the whole terminal and its keys until it is disposed of. */
  fullScreen(onKey: (key: string) => void): Disposable;
  /** Asks a person, and returns undefined at the end of input. */
  ask(question: string): string | undefined;
  /** Standard input to its end. */
  readAll(): string;
}

/** The first SIGHUP, SIGINT or SIGTERM as an abort; the second ends the program by itself. */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
  /** 129, 130 or 143 once it came. */
  readonly status: number | undefined;
}

/** The world as commands see it: handed in, so that none of them reaches for it. */
export interface Context {
  /** For the parser; commands use `terminal`. */
  readonly process: StricliProcess;
  readonly terminal: Terminal;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** The version of this chant. */
  readonly version: () => Promise<string>;
  /** Begins to catch signals. */
  readonly interruption: (onFirst: () => void) => Interruption;
  /** Tells a person about a failure, and returns the exit status that goes with it. */
  readonly fail: (failure: unknown) => number | Promise<number>;
}

/** Prints the one object of a command's `--json`. */
export function printJson({ terminal }: Context, data: unknown): void {
  terminal.out(`${JSON.stringify({ version: 1, data })}\n`);
}
