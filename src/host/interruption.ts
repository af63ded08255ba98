import { readFileSync } from "node:fs";

/** The signals by which a person, a closed terminal or a system asks a program to end, and the status that it then ends with. */
const STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type EndSignal = keyof typeof STATUS;

const SIGNALS = Object.keys(STATUS) as readonly EndSignal[];

/** Returns the exit status of a program that was asked to end; 130 for any other reason to stop. */
export const endStatusOf = (reason: unknown): number =>
  STATUS[SIGNALS.find((signal) => signal === reason) ?? "SIGINT"];

/**
 * Turns the first SIGHUP, SIGINT or SIGTERM into an abort, so that what is under way can be left in order. The second
 * ends the program at once.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #onFirst: (signal: EndSignal) => void;
  #first: EndSignal | undefined;
  readonly #take = (signal: EndSignal): void => {
    if (this.#first !== undefined) process.exit(STATUS[signal]);
    this.#first = signal;
    this.#onFirst(signal);
    this.#controller.abort(signal);
  };

  constructor(onFirst: (signal: EndSignal) => void) {
    this.#onFirst = onFirst;
    // Whoever started this with nohup wants it to stay: a handler would undo that, as Node itself does at its start.
    const caught = SIGNALS.filter((signal) => signal !== "SIGHUP" || !isHangupIgnored());
    for (const signal of caught) process.on(signal, this.#take);
  }

  /** Its reason is the name of the signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The exit status that goes with the first signal; undefined as long as none came. */
  get status(): number | undefined {
    return this.#first === undefined ? undefined : STATUS[this.#first];
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#take);
  }
}

/** Only Linux tells: the lowest bit of the mask is signal 1. */
function isHangupIgnored(): boolean {
  try {
    const mask = /^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1];
    return mask !== undefined && Number.parseInt(mask, 16) % 2 === 1;
  } catch {
    return false;
  }
}
