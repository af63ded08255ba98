import type { SpecId } from "../../domain/id.ts";
import { type Action, plan } from "../../domain/plan.ts";
import { Inbox } from "../../host/inbox.ts";
import { Clearing } from "./clearing.ts";
import type { CoordinatorOptions } from "./coordinator-options.ts";
import { Gates } from "./gates.ts";
import type { Hands } from "./hands.ts";
import { isBetweenAttempts, isDone, isHeld, isUndecided } from "./held.ts";
import { OwnRuns } from "./own-runs.ts";
import { Publication } from "./publication.ts";
import type { RunRecord } from "./record.ts";
import { RunActions } from "./run-actions.ts";
import { limitsOf } from "./run-state.ts";

/** What appears on the target, in one step. */
const SETTLED: ReadonlySet<Action["kind"]> = new Set(["land", "park", "publish_park", "start"]);
/** The safety net under the file events, in milliseconds. */
const POLL_MS = 1_000;

/**
 * Carries runs from their claim to their landing: reads how each stands, asks `plan` what to do, does it. Every
 * step can be done again, so one that was cut off is simply planned again by whoever takes the run over.
 */
export class Coordinator implements AsyncDisposable {
  readonly #options: CoordinatorOptions;
  readonly #hands: Hands;
  readonly #runs: OwnRuns;
  readonly #inbox = new Inbox();
  readonly #actions: RunActions;
  readonly #gates: Gates;
  readonly #clearing: Clearing;
  readonly #publication: Publication;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#hands = options.hands;
    this.#runs = new OwnRuns(options.hands);
    this.#actions = new RunActions(options, this.#runs, () => this.#inbox.wake());
    this.#gates = new Gates(options, this.#runs, () => this.#inbox.wake());
    this.#clearing = new Clearing(options);
    const parts = { runs: this.#runs, actions: this.#actions, gates: this.#gates, clearing: this.#clearing };
    this.#publication = new Publication(options, parts);
    this.#inbox.watch(options.inbox);
  }

  get records(): readonly RunRecord[] {
    return this.#runs.records;
  }

  /** Runs that still move by themselves: at work, or about to land. */
  get active(): readonly RunRecord[] {
    return this.records.filter((record) => record.phase !== "parked" && record.waits === undefined);
  }

  /** Runs that are done and held back by something of the user's. */
  get waiting(): readonly RunRecord[] {
    return this.records.filter(isHeld);
  }

  /** Runs that are done and wait for a person to decide. */
  get undecided(): readonly RunRecord[] {
    return this.records.filter(isUndecided);
  }

  /** The specs that have landed here. */
  get landed(): readonly SpecId[] {
    return [...this.#clearing.over.values()];
  }

  /** Gates run now: what they say comes by itself. */
  get isGating(): boolean {
    return this.#gates.isBusy;
  }

  wake(): void {
    this.#inbox.wake();
  }

  /** Takes over every run whose coordinator is gone (or of those only the named ones), and returns them. */
  async adopt(only?: readonly SpecId[]): Promise<readonly RunRecord[]> {
    const adopted: RunRecord[] = [];
    const records = [...(await this.#hands.records()).values()];
    const orphans = records.filter(
      (record) =>
        (only === undefined || only.includes(record.id)) &&
        this.#runs.get(record.id) === undefined &&
        !this.#clearing.over.has(record.run) &&
        !isDone(record) &&
        this.#hands.isOrphan(record),
    );
    // A landing that was cut off is finished first: only then the target says where those runs stand.
    const isClear = orphans.length === 0 || (await this.#hands.recover());
    for (const record of isClear ? orphans : []) {
      const mine = await this.#hands.takeOver(record);
      if (mine === undefined || isDone(mine)) continue;
      this.#runs.add(mine);
      adopted.push(mine);
      // A run that a person's command has just made its own was in nobody else's hands.
      if (!this.#hands.isOwn(record)) {
        this.#options.emit({ kind: "run_adopted", id: mine.id, pid: record.owner.pid });
      }
    }
    // The readable locks are made again where somebody removed them, and are gone between attempts.
    for (const record of this.records) {
      if (isBetweenAttempts(record)) await this.#hands.unlock(record.id);
      else await this.#hands.lock(record);
    }
    return adopted;
  }

  /** One round: look, decide, do. Returns whether anything was done. */
  async round(): Promise<boolean> {
    await this.#runs.dropLost();
    await this.#clearing.tryAgain();
    await this.#gates.look();
    const states = await Promise.all(this.#runs.entries.map((entry) => this.#hands.look(entry)));
    const nowMs = this.#options.clock.nowMs();
    const actions = plan({
      runs: states,
      slots: this.#options.slots(),
      nowMs,
      monotonicMs: this.#options.clock.monotonicMs(),
      mayStart: this.#options.mayStart(),
      policy: this.#options.policy(),
      limits: limitsOf(this.records, await this.#hands.limits()),
      random: Math.random(),
    });
    for (const action of actions) await this.#actions.carryOut(action, states);
    const didSettle = await this.#publication.settle(actions, states);
    return didSettle || actions.some(({ kind }) => !SETTLED.has(kind));
  }

  /** Waits for news of a run, or until something falls due. */
  async wait(pollMs = POLL_MS): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    const monotonicMs = this.#options.clock.monotonicMs();
    const due = this.#runs.entries.flatMap((entry) =>
      entry.dueMs > monotonicMs ? [entry.dueMs - monotonicMs] : [],
    );
    // One that is due and still here waits for a free slot: that comes with an event.
    const retries = this.records.flatMap(({ phase, retry }) =>
      phase === "retrying" && retry !== undefined && retry.atMs > nowMs ? [retry.atMs - nowMs] : [],
    );
    const { quietMs } = this.#publication;
    const quiet = quietMs > 0 ? [quietMs] : [];
    await this.#inbox.wait(Math.min(pollMs, ...due, ...retries, ...quiet));
  }

  /** Waits until everything that landed is cleared away. */
  async finishCleaning(): Promise<void> {
    await this.#clearing.finish();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gates[Symbol.asyncDispose]();
    await this.finishCleaning();
    await this.#hands.rest();
    this.#inbox[Symbol.dispose]();
  }
}
