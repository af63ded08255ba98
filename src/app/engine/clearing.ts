import type { SpecId } from "../../domain/id.ts";
import type { CoordinatorOptions } from "./coordinator-options.ts";
import type { RunRecord } from "./record.ts";

/** How long it is left alone after it failed, in milliseconds: the first time, and at most. */
const AGAIN_MS = [5_000, 600_000] as const;

interface Left {
  readonly record: RunRecord;
  readonly tries: number;
  /** Monotonic time, in milliseconds. */
  readonly dueMs: number;
}

/** Clears runs away that landed here, while the coordinator goes on. What fails, as by a lock of git's, is tried again. */
export class Clearing {
  readonly #options: CoordinatorOptions;
  readonly #going = new Set<Promise<void>>();
  readonly #over = new Map<string, SpecId>();
  readonly #left = new Map<string, Left>();

  constructor(options: CoordinatorOptions) {
    this.#options = options;
  }

  /** Runs that landed here: their records stay until they are cleared away, and are no orphans meanwhile. */
  get over(): ReadonlyMap<string, SpecId> {
    return this.#over;
  }

  begin(record: RunRecord, tries = 0): void {
    this.#over.set(record.run, record.id);
    const work = this.#options.hands
      .clean(record)
      .catch((error: unknown) => this.#leave(record, tries, error))
      .finally(() => this.#going.delete(work));
    this.#going.add(work);
  }

  /** Tries what failed again, where that is due and the run is still this process's. */
  async tryAgain(): Promise<void> {
    const { clock, hands } = this.#options;
    for (const [run, { record, tries, dueMs }] of this.#left) {
      if (dueMs > clock.monotonicMs()) continue;
      this.#left.delete(run);
      const now = await hands.record(record.id);
      if (now?.run === run && hands.isOwn(now)) this.begin(record, tries);
    }
  }

  /** Waits until everything is cleared away, or left. */
  async finish(): Promise<void> {
    while (this.#going.size > 0) await Promise.all(this.#going);
  }

  #leave(record: RunRecord, tries: number, error: unknown): void {
    const { clock, emit } = this.#options;
    const [least, most] = AGAIN_MS;
    const dueMs = clock.monotonicMs() + Math.min(most, least * 2 ** tries);
    this.#left.set(record.run, { record, tries: tries + 1, dueMs });
    if (tries > 0) return;
    const words = error instanceof Error ? error.message : String(error);
    emit({ kind: "warning", id: record.id, message: `Clearing away is left for later: ${words}` });
  }
}
