import { type FSWatcher, watch } from "node:fs";

/**
 * Waits for something to happen: a change in one of a few folders, a call of `wake`, or the time running out.
 * Events can be lost (a full queue, a folder made anew), so whoever waits here looks for itself afterwards.
 */
export class Inbox implements Disposable {
  readonly #watchers = new Map<string, FSWatcher>();
  #pending = false;
  #resolve: (() => void) | undefined;

  /** Starts to watch a folder; one that is not there or cannot be watched leaves only the poll. */
  watch(folder: string): void {
    if (this.#watchers.has(folder)) return;
    try {
      const watcher = watch(folder, () => this.wake());
      watcher.on("error", () => this.unwatch(folder));
      this.#watchers.set(folder, watcher);
    } catch {
      // The poll is the truth.
    }
  }

  unwatch(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  /** Ends the current wait, or the next one when nobody waits now. */
  wake(): void {
    this.#pending = true;
    this.#resolve?.();
  }

  /** Returns true when woken, false when `timeoutMs` passed. */
  async wait(timeoutMs: number): Promise<boolean> {
    if (!this.#pending) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
        timer = setTimeout(resolve, timeoutMs);
      });
      clearTimeout(timer);
      this.#resolve = undefined;
    }
    const woken = this.#pending;
    this.#pending = false;
    return woken;
  }

  [Symbol.dispose](): void {
    for (const folder of this.#watchers.keys()) this.unwatch(folder);
  }
}
