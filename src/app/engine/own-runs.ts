import type { SpecId } from "../../domain/id.ts";
import { LostRun } from "./claim.ts";
import type { Hands } from "./hands.ts";
import type { RunRecord } from "./record.ts";
import type { Entry } from "./run-state.ts";

/** The runs in a coordinator's hands, until they are over or somebody else takes them. */
export class OwnRuns {
  readonly #hands: Pick<Hands, "record" | "isOwn">;
  readonly #entries = new Map<SpecId, Entry>();

  constructor(hands: Pick<Hands, "record" | "isOwn">) {
    this.#hands = hands;
  }

  get entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  get records(): readonly RunRecord[] {
    return this.entries.map((entry) => entry.record);
  }

  get(id: SpecId): Entry | undefined {
    return this.#entries.get(id);
  }

  add(record: RunRecord): Entry {
    const entry: Entry = { record, launchedMs: undefined, dueMs: 0, tries: 0, end: undefined };
    this.#entries.set(record.id, entry);
    return entry;
  }

  drop(id: SpecId): void {
    this.#entries.delete(id);
  }

  /** A run that a person took into their own hands (cancel, reset) is no longer ours. */
  async dropLost(): Promise<void> {
    for (const record of this.records) {
      if (await this.#isLost(record)) this.drop(record.id);
    }
  }

  /** Does something about a run; one that somebody takes into their own hands meanwhile is let go. */
  async orLetGo<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof LostRun)) throw error;
      this.drop(error.id);
      return undefined;
    }
  }

  /** The same of work on one run, which may meet that whoever took it has cleared away what it was about to use. */
  async unlessLost({ record }: Entry, work: Promise<void>): Promise<void> {
    try {
      await this.orLetGo(work);
    } catch (error) {
      if (!(await this.#isLost(record))) throw error;
      this.drop(record.id);
    }
  }

  async #isLost({ id, run }: RunRecord): Promise<boolean> {
    const now = await this.#hands.record(id);
    return now === undefined || now.run !== run || !this.#hands.isOwn(now);
  }
}
