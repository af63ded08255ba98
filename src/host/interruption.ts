/** A signal by which a person or a system asks a program to end, and the status that it then ends with. */
const STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

export type EndSignal = keyof typeof STATUS;

/**
 * Turns the first SIGINT or SIGTERM into an abort, so that what is under way can be left in order. The second ends the
 * program at once.
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
    process.on("SIGINT", this.#take);
    process.on("SIGTERM", this.#take);
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
    process.off("SIGINT", this.#take);
    process.off("SIGTERM", this.#take);
  }
}
