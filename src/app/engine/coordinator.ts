import { isChantError } from "../../kit/errors.ts";
import { unreachable } from "../../kit/unreachable.ts";
import type { SpecId } from "../../domain/id.ts";
import { type Action, plan, type RunState } from "../../domain/plan.ts";
import { Inbox } from "../../host/inbox.ts";
import type { Hands } from "./hands.ts";
import { LostRun } from "./claim.ts";
import type { CoordinatorOptions } from "./coordinator-options.ts";
import { isBetweenAttempts, isDone, isHeld, isUndecided } from "./held.ts";
import {
  doneRun,
  holdBack,
  holdForPerson,
  type Move,
  parkRun,
  pauseRun,
  retryLater,
  tryLater,
} from "./moves.ts";
import type { RunRecord } from "./record.ts";
import { type Entry, limitsOf } from "./run-state.ts";
import type { Settled } from "./settle.ts";

/** What appears on the target, in one step. */
const SETTLED: ReadonlySet<Action["kind"]> = new Set(["land", "park", "publish_park", "start"]);
/** How long to leave the user alone after they were seen using the index, in milliseconds. */
const POLITE_PAUSE_MS = 1_500;
/** The safety net under the file events, in milliseconds. */
const POLL_MS = 1_000;

/**
 * Carries runs from their claim to their landing: reads how each stands, asks `plan` what to do, does it. Every
 * step can be done again, so one that was cut off is simply planned again by whoever takes the run over.
 */
export class Coordinator implements AsyncDisposable {
  readonly #options: CoordinatorOptions;
  readonly #hands: Hands;
  readonly #entries = new Map<SpecId, Entry>();
  readonly #inbox = new Inbox();
  readonly #cleaning = new Set<Promise<void>>();
  /** Runs that landed here: their records stay until they are cleared away, and are no orphans meanwhile. */
  readonly #over = new Map<string, SpecId>();
  /** Monotonic time, in milliseconds. */
  #quietUntilMs = 0;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#hands = options.hands;
    this.#inbox.watch(options.inbox);
  }

  get records(): readonly RunRecord[] {
    return [...this.#entries.values()].map((entry) => entry.record);
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
    return [...this.#over.values()];
  }

  get #move(): Move {
    return this.#options;
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
        !this.#entries.has(record.id) &&
        !this.#over.has(record.run) &&
        !isDone(record) &&
        this.#hands.isOrphan(record),
    );
    // A landing that was cut off is finished first: only then the target says where those runs stand.
    const isClear = orphans.length === 0 || (await this.#hands.recover());
    for (const record of isClear ? orphans : []) {
      const mine = await this.#hands.takeOver(record.id);
      if (mine === undefined || isDone(mine)) continue;
      this.#add(mine);
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
    await this.#letGo();
    const states = await Promise.all([...this.#entries.values()].map((entry) => this.#hands.look(entry)));
    const nowMs = this.#options.clock.nowMs();
    const actions = plan({
      runs: states,
      slots: this.#options.slots,
      nowMs,
      monotonicMs: this.#options.clock.monotonicMs(),
      mayStart: this.#options.mayStart(),
      policy: this.#options.policy,
      limits: limitsOf(this.records),
      random: Math.random(),
    });
    for (const action of actions) await this.#carryOut(action, states);
    const didSettle = await this.#settle(actions, states);
    return didSettle || actions.some(({ kind }) => !SETTLED.has(kind));
  }

  /** Waits for news of a run, or until something falls due. */
  async wait(pollMs = POLL_MS): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    const monotonicMs = this.#options.clock.monotonicMs();
    const due = [...this.#entries.values()].flatMap((entry) =>
      entry.dueMs > monotonicMs ? [entry.dueMs - monotonicMs] : [],
    );
    // One that is due and still here waits for a free slot: that comes with an event.
    const retries = this.records.flatMap(({ phase, retry }) =>
      phase === "retrying" && retry !== undefined && retry.atMs > nowMs ? [retry.atMs - nowMs] : [],
    );
    const quiet = this.#quietUntilMs > monotonicMs ? [this.#quietUntilMs - monotonicMs] : [];
    await this.#inbox.wait(Math.min(pollMs, ...due, ...retries, ...quiet));
  }

  /** Waits until everything that landed is cleared away. */
  async finishCleaning(): Promise<void> {
    while (this.#cleaning.size > 0) await Promise.all(this.#cleaning);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.finishCleaning();
    this.#inbox[Symbol.dispose]();
  }

  /** A run that a person took into their own hands (cancel, reset) is no longer ours. */
  async #letGo(): Promise<void> {
    for (const { id, run } of this.records) {
      const now = await this.#hands.record(id);
      if (now === undefined || now.run !== run || !this.#hands.isOwn(now)) this.#entries.delete(id);
    }
  }

  #add(record: RunRecord, launchedMs?: number): Entry {
    const entry: Entry = { record, launchedMs, dueMs: 0, tries: 0, end: undefined };
    this.#entries.set(record.id, entry);
    return entry;
  }

  /** Does something about a run; one that somebody takes into their own hands meanwhile is let go. */
  async #orLetGo<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof LostRun)) throw error;
      this.#entries.delete(error.id);
      return undefined;
    }
  }

  async #carryOut(action: Action, states: readonly RunState[]): Promise<void> {
    const entry = "id" in action ? this.#entries.get(action.id) : undefined;
    if (entry !== undefined) await this.#orLetGo(this.#actOn(entry, action, states));
  }

  async #actOn(entry: Entry, action: Action, states: readonly RunState[]): Promise<void> {
    switch (action.kind) {
      case "begin":
        return this.#begin(entry);
      case "undo":
        await this.#hands.unclaim(entry.record);
        this.#entries.delete(entry.record.id);
        return;
      case "relaunch":
        return this.#launch(entry, { ...entry.record, relaunches: entry.record.relaunches + 1 });
      case "again": {
        this.#options.emit({ kind: "interrupted", id: action.id, reason: action.reason, again: true });
        return this.#launch(entry, {
          ...entry.record,
          interruptions: entry.record.interruptions + 1,
          relaunches: 0,
        });
      }
      case "retry":
        return retryLater(this.#move, entry, action);
      case "put_off": {
        const { record } = entry;
        if (record.retry === undefined) return;
        entry.record = { ...record, retry: { ...record.retry, atMs: action.atMs } };
        return this.#hands.write(entry.record);
      }
      case "resume": {
        this.#options.emit({ kind: "resuming", id: action.id });
        const { isSameAttempt = false, ...record } = entry.record;
        await this.#hands.lock(record);
        // A person's own judgement is no attempt of the agent's.
        const attempt = record.attempt + (record.judgeOnly === undefined && !isSameAttempt ? 1 : 0);
        const again: RunRecord = { ...record, attempt, interruptions: 0, relaunches: 0 };
        if (record.adminDir !== undefined) return this.#launch(entry, again);
        // It was parked before it had a worktree.
        entry.record = again;
        return this.#begin(entry);
      }
      case "pause":
        return this.#holdIfRefused(entry, pauseRun(this.#move, entry));
      case "retire":
        return this.#holdIfRefused(entry, this.#retire(entry));
      case "hold":
        return holdForPerson(this.#move, entry, states, action.reason);
      case "land":
      case "park":
      case "publish_park":
      case "start":
        // These appear on the target together: see #settle.
        return;
      default:
        return unreachable(action);
    }
  }

  /** What is refused now, for want of space or of rights, is tried again later. */
  async #holdIfRefused(entry: Entry, work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!isChantError(error)) throw error;
      await holdBack(this.#move, entry, { reason: error.message, files: [], isPassing: false });
    }
  }

  async #retire(entry: Entry): Promise<void> {
    const waits = await this.#hands.retire(entry.record);
    if (waits === undefined) this.#entries.delete(entry.record.id);
    else await holdBack(this.#move, entry, waits);
  }

  async #begin(entry: Entry): Promise<void> {
    const { record } = entry;
    try {
      await this.#makeReady(entry, record);
    } catch (error) {
      if (!isChantError(error)) throw error;
      // What was made before it failed stands in the record alone.
      const written = await this.#hands.record(record.id);
      if (written?.run === record.run) entry.record = written;
      await parkRun(this.#move, entry, "needs_attention", error.message);
    }
  }

  async #makeReady(entry: Entry, record: RunRecord): Promise<void> {
    entry.record = await this.#hands.makeWorktree(record);
    this.#options.emit({
      kind: "worktree_ready",
      id: record.id,
      path: entry.record.worktree ?? "",
      branch: record.branch,
    });
    await this.#launch(entry, entry.record);
  }

  async #launch(entry: Entry, record: RunRecord): Promise<void> {
    const launched = await this.#hands.launch(record);
    const { launch } = launched.record;
    entry.record = launched.record;
    entry.launchedMs = performance.now();
    entry.end = undefined;
    void launched.ended.then(() => {
      // Whatever it has not written by now it never will.
      if (entry.record.launch === launch) entry.launchedMs = undefined;
      this.#inbox.wake();
    });
  }

  /** Lands, parks and starts: one step for each target. */
  async #settle(actions: readonly Action[], states: readonly RunState[]): Promise<boolean> {
    if (this.#quietUntilMs > this.#options.clock.monotonicMs()) return false;
    const land: Entry[] = [];
    const park: Entry[] = [];
    let atMost = 0;
    for (const action of actions) {
      const entry = "id" in action ? this.#entries.get(action.id) : undefined;
      if (action.kind === "start") atMost = action.atMost;
      else if (entry === undefined) continue;
      else if (action.kind === "land") land.push(doneRun(this.#move, entry, states));
      else if (action.kind === "park") {
        const status = action.status === "failed" ? this.#options.permanent : action.status;
        const parked = await this.#orLetGo(parkRun(this.#move, entry, status, action.reason));
        if (parked !== undefined) park.push(parked);
      } else if (action.kind === "publish_park") park.push(entry);
    }
    const targets = new Set([...land, ...park].map((entry) => entry.record.target));
    if (atMost > 0 && !targets.has(this.#options.target) && (await this.#options.canStart())) {
      targets.add(this.#options.target);
    }
    let isWorthAnother = false;
    for (const target of targets) {
      const isHere = (entry: Entry): boolean => entry.record.target === target;
      const mayStartHere = target === this.#options.target ? atMost : 0;
      const settled = await this.#hands.settle({
        target,
        land: land.filter(isHere).map((entry) => entry.record),
        park: park.filter(isHere).map((entry) => entry.record),
        start: async (completed) =>
          this.#options.mayStart() && mayStartHere > 0 ? this.#options.start(mayStartHere, completed) : [],
        mayStill: this.#options.mayStill,
      });
      if (await this.#follow(target, settled)) isWorthAnother = true;
    }
    return isWorthAnother || land.length + park.length > 0;
  }

  /** Does what follows from a step that was published; returns whether another round may find more to do. */
  async #follow(target: string, settled: Settled): Promise<boolean> {
    const { emit, clock } = this.#options;
    if (settled.userWasBusy) this.#quietUntilMs = clock.monotonicMs() + POLITE_PAUSE_MS;
    for (const { record, commit, drivers } of settled.landed) {
      this.#entries.delete(record.id);
      emit({ kind: "merging", id: record.id, branch: record.branch });
      const { id, run, agent } = record;
      emit({ kind: "landed", id, target: target.replace(/^refs\/heads\//, ""), commit, run, agent });
      for (const driver of drivers) emit({ kind: "completed_driver", id: driver });
    }
    for (const record of settled.started) {
      const { id, attempt, agent, run } = record;
      emit({ kind: "run_started", id, attempt, agent, run });
      await this.#orLetGo(this.#begin(this.#add(record)));
    }
    for (const { record } of settled.landed) this.#clean(record);
    for (const { record, reason } of settled.dropped) {
      await this.#hands.unclaim(record);
      emit({ kind: "skipped", id: record.id, reason });
    }
    for (const { record, reason } of settled.conflicts) {
      const entry = this.#entries.get(record.id);
      if (entry === undefined) continue;
      await this.#orLetGo(parkRun(this.#move, entry, "needs_attention", reason));
    }
    for (const { record, waits } of settled.held) {
      const entry = this.#entries.get(record.id);
      if (entry !== undefined) await this.#orLetGo(holdBack(this.#move, entry, waits));
    }
    for (const { record, isPublished } of settled.parked) {
      const entry = this.#entries.get(record.id);
      if (entry?.record.parked === undefined) continue;
      if (!isPublished) tryLater(this.#move, entry);
      entry.record = { ...entry.record, parked: { ...entry.record.parked, isPublished } };
      await this.#orLetGo(this.#hands.write(entry.record));
    }
    return settled.conflicts.length + settled.started.length + settled.landed.length > 0;
  }

  #clean(record: RunRecord): void {
    this.#over.set(record.run, record.id);
    const work = this.#hands
      .clean(record)
      .catch((error: unknown) => {
        const words = error instanceof Error ? error.message : String(error);
        this.#options.emit({
          kind: "warning",
          id: record.id,
          message: `Clearing away is left for later: ${words}`,
        });
      })
      .finally(() => this.#cleaning.delete(work));
    this.#cleaning.add(work);
  }
}
