import type { SpecId } from "../../domain/id.ts";
import { type Action, plan, type RunState } from "../../domain/plan.ts";
import { effect } from "../../host/effects.ts";
import { isAlive } from "../../host/identity.ts";
import { Inbox } from "../../host/inbox.ts";
import { recoverPublish } from "../../git/recover.ts";
import { launchRun, makeWorktree } from "./begin.ts";
import { isOwn, takeOver, unclaim } from "./claim.ts";
import { cleanUp } from "./clean.ts";
import type { Engine } from "./engine.ts";
import { isChantError } from "../../kit/errors.ts";
import { unreachable } from "../../kit/unreachable.ts";
import { readRecord, readRecords, type RunRecord, writeRecord } from "./record.ts";
import { doneRun, holdBack, parkRun, retryLater, tryLater } from "./moves.ts";
import { retire } from "./retire.ts";
import { type Entry, limitsOf, stateOf } from "./run-state.ts";
import { settle, type Settled } from "./settle.ts";
import { writeSpecLock } from "./spec-lock.ts";
import type { SpecReader } from "./world.ts";

export interface CoordinatorOptions {
  readonly slots: number;
  /**
   * The status of a run that failed for good. Watch has applied its rules by then, so that only a person can help;
   * a person who waits for `work` sees a plain failure.
   */
  readonly permanent: "failed" | "needs_attention";
  /** The branch on which new runs start and land. */
  readonly target: string;
  readonly specsOf: (target: string) => SpecReader;
  /** Whether anything is ready now; asked before a step is made for a start alone. */
  readonly canStart: () => Promise<boolean>;
  /**
   * Claims up to `atMost` new runs; asked within a landing, so `completed` are the specs that this very step
   * completes, though the target does not show them yet.
   */
  readonly start: (atMost: number, completed: readonly SpecId[]) => Promise<readonly RunRecord[]>;
  readonly mayStart: () => boolean;
}

/** How long to leave the user alone after they were seen using the index, in milliseconds. */
const POLITE_PAUSE_MS = 1_500;
/** The safety net under the file events, in milliseconds. */
const POLL_MS = 1_000;

/**
 * Carries runs from their claim to their landing: reads how each stands, asks `plan` what to do, does it. Every
 * step can be done again, so one that was cut off is simply planned again by whoever takes the run over.
 */
export class Coordinator implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #options: CoordinatorOptions;
  readonly #entries = new Map<SpecId, Entry>();
  readonly #inbox = new Inbox();
  readonly #cleaning = new Set<Promise<void>>();
  #quietUntilMs = 0;

  constructor(engine: Engine, options: CoordinatorOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#inbox.watch(engine.places.inbox);
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
    const isHeld = ({ phase, waits }: RunRecord): boolean =>
      (phase === "landing" || phase === "retiring") && waits !== undefined;
    return this.records.filter(isHeld);
  }

  wake(): void {
    this.#inbox.wake();
  }

  /** Takes over every run whose coordinator is gone (or of those only the named ones), and returns them. */
  async adopt(only?: readonly SpecId[]): Promise<readonly RunRecord[]> {
    const adopted: RunRecord[] = [];
    const records = [...(await readRecords(this.#engine.places)).values()];
    const orphans = records.filter(
      (record) =>
        (only === undefined || only.includes(record.id)) &&
        !this.#entries.has(record.id) &&
        !isDone(record) &&
        (isOwn(record) || !isAlive(record.owner)),
    );
    // A landing that was cut off is finished first: only then the target says where those runs stand.
    if (orphans.length > 0) await this.#engine.landLock.hold(() => recoverPublish(this.#engine.repo));
    for (const record of orphans) {
      const mine = await takeOver(this.#engine, record.id);
      if (mine === undefined || isDone(mine)) continue;
      this.#add(mine);
      adopted.push(mine);
    }
    // The readable locks are made again where somebody removed them.
    for (const { id, owner, run, phase } of this.records) {
      if (phase !== "parked") await writeSpecLock(this.#engine.places, id, owner, run);
    }
    return adopted;
  }

  /** One round: look, decide, do. Returns whether anything was done. */
  async round(): Promise<boolean> {
    await this.#letGo();
    const states = await Promise.all(
      [...this.#entries.values()].map((entry) => stateOf(this.#engine, entry)),
    );
    const nowMs = this.#engine.clock.nowMs();
    const actions = plan({
      runs: states,
      slots: this.#options.slots,
      nowMs,
      mayStart: this.#options.mayStart(),
      policy: this.#engine.config.watch.failure,
      limits: limitsOf(this.records),
      random: Math.random(),
    });
    for (const action of actions) await this.#carryOut(action);
    const didSettle = await this.#settle(actions, states);
    return didSettle || actions.some((action) => action.kind !== "start");
  }

  /** Waits for news of a run, or until something falls due. */
  async wait(pollMs = POLL_MS): Promise<void> {
    const nowMs = this.#engine.clock.nowMs();
    const due = [...this.#entries.values()].flatMap((entry) =>
      entry.dueMs > nowMs ? [entry.dueMs - nowMs] : [],
    );
    const retries = this.records.flatMap(({ phase, retry }) =>
      phase === "retrying" && retry !== undefined ? [Math.max(0, retry.atMs - nowMs)] : [],
    );
    const quiet = this.#quietUntilMs > nowMs ? [this.#quietUntilMs - nowMs] : [];
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
      const now = await readRecord(this.#engine.places, id);
      if (now === undefined || now.run !== run || !isOwn(now)) this.#entries.delete(id);
    }
  }

  #add(record: RunRecord, launchedMs?: number): Entry {
    const entry: Entry = { record, launchedMs, dueMs: 0, tries: 0, end: undefined };
    this.#entries.set(record.id, entry);
    return entry;
  }

  async #carryOut(action: Action): Promise<void> {
    const entry = "id" in action ? this.#entries.get(action.id) : undefined;
    if (entry === undefined) return;
    switch (action.kind) {
      case "begin":
        return this.#begin(entry);
      case "undo":
        await unclaim(this.#engine, entry.record);
        this.#entries.delete(entry.record.id);
        return;
      case "relaunch":
        return this.#launch(entry, { ...entry.record, relaunches: entry.record.relaunches + 1 });
      case "again": {
        this.#engine.emit({ kind: "interrupted", id: action.id, reason: action.reason, again: true });
        return this.#launch(entry, {
          ...entry.record,
          interruptions: entry.record.interruptions + 1,
          relaunches: 0,
        });
      }
      case "retry":
        return retryLater(this.#engine, entry, action);
      case "put_off": {
        const { record } = entry;
        if (record.retry === undefined) return;
        entry.record = { ...record, retry: { ...record.retry, atMs: action.atMs } };
        return writeRecord(this.#engine.places, entry.record);
      }
      case "resume": {
        this.#engine.emit({ kind: "resuming", id: action.id });
        const { record } = entry;
        await writeSpecLock(this.#engine.places, record.id, record.owner, record.run);
        // A person's own judgement is no attempt of the agent's.
        const attempt = record.attempt + (record.judgeOnly === undefined ? 1 : 0);
        return this.#launch(entry, { ...record, attempt, interruptions: 0, relaunches: 0 });
      }
      case "retire":
        return this.#retire(entry);
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

  async #retire(entry: Entry): Promise<void> {
    const { record } = entry;
    const waits = await retire(this.#engine, record, this.#options.specsOf(record.target));
    if (waits === undefined) this.#entries.delete(record.id);
    else await holdBack(this.#engine, entry, waits);
  }

  async #begin(entry: Entry): Promise<void> {
    const { record } = entry;
    try {
      await this.#makeReady(entry, record);
    } catch (error) {
      if (!isChantError(error)) throw error;
      await parkRun(this.#engine, entry, "needs_attention", error.message);
    }
  }

  async #makeReady(entry: Entry, record: RunRecord): Promise<void> {
    entry.record = await this.#engine.landLock.hold(() => makeWorktree(this.#engine, record), {
      waitMs: 120_000,
    });
    this.#engine.emit({
      kind: "worktree_ready",
      id: record.id,
      path: entry.record.worktree ?? "",
      branch: record.branch,
    });
    await this.#launch(entry, entry.record);
  }

  async #launch(entry: Entry, record: RunRecord): Promise<void> {
    const launched = await launchRun(this.#engine, record);
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
    if (this.#quietUntilMs > this.#engine.clock.nowMs()) return false;
    const land: Entry[] = [];
    const park: Entry[] = [];
    let atMost = 0;
    for (const action of actions) {
      const entry = "id" in action ? this.#entries.get(action.id) : undefined;
      if (action.kind === "start") atMost = action.atMost;
      else if (entry === undefined) continue;
      else if (action.kind === "land") land.push(doneRun(this.#engine, entry, states));
      else if (action.kind === "park") {
        const status = action.status === "failed" ? this.#options.permanent : action.status;
        park.push(await parkRun(this.#engine, entry, status, action.reason));
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
      const settled = await settle(this.#engine, {
        target,
        specs: this.#options.specsOf(target),
        land: land.filter(isHere).map((entry) => entry.record),
        park: park.filter(isHere).map((entry) => entry.record),
        start: async (completed) =>
          this.#options.mayStart() && mayStartHere > 0 ? this.#options.start(mayStartHere, completed) : [],
      });
      if (await this.#follow(target, settled)) isWorthAnother = true;
    }
    return isWorthAnother || land.length + park.length > 0;
  }

  /** Does what follows from a step that was published; returns whether another round may find more to do. */
  async #follow(target: string, settled: Settled): Promise<boolean> {
    const { emit, clock, places } = this.#engine;
    if (settled.userWasBusy) this.#quietUntilMs = clock.nowMs() + POLITE_PAUSE_MS;
    for (const { record, commit, drivers } of settled.landed) {
      this.#entries.delete(record.id);
      emit({ kind: "merging", id: record.id, branch: record.branch });
      emit({ kind: "landed", id: record.id, target: target.replace(/^refs\/heads\//, ""), commit });
      for (const driver of drivers) emit({ kind: "completed_driver", id: driver });
    }
    for (const record of settled.started) {
      emit({ kind: "run_started", id: record.id, attempt: record.attempt, agent: record.agent });
      await this.#begin(this.#add(record));
    }
    for (const { record } of settled.landed) this.#clean(record);
    for (const { record, reason } of settled.dropped) {
      await unclaim(this.#engine, record);
      emit({ kind: "skipped", id: record.id, reason });
    }
    for (const { record, reason } of settled.conflicts) {
      const entry = this.#entries.get(record.id);
      if (entry !== undefined) await parkRun(this.#engine, entry, "needs_attention", reason);
    }
    for (const { record, waits } of settled.held) {
      const entry = this.#entries.get(record.id);
      if (entry !== undefined) await holdBack(this.#engine, entry, waits);
    }
    for (const { record, isPublished } of settled.parked) {
      const entry = this.#entries.get(record.id);
      if (entry?.record.parked === undefined) continue;
      if (!isPublished) tryLater(this.#engine, entry);
      entry.record = { ...entry.record, parked: { ...entry.record.parked, isPublished } };
      await effect("park.record", () => writeRecord(places, entry.record));
    }
    return settled.conflicts.length + settled.started.length + settled.landed.length > 0;
  }

  #clean(record: RunRecord): void {
    const work = cleanUp(this.#engine, record)
      .catch((error: unknown) => {
        const words = error instanceof Error ? error.message : String(error);
        this.#engine.emit({
          kind: "warning",
          id: record.id,
          message: `Clearing away is left for later: ${words}`,
        });
      })
      .finally(() => this.#cleaning.delete(work));
    this.#cleaning.add(work);
  }
}

const isDone = (record: RunRecord): boolean =>
  record.phase === "parked" && record.parked?.isPublished === true;
