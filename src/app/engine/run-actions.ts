import { isChantError } from "../../kit/errors.ts";
import { unreachable } from "../../kit/unreachable.ts";
import { type Action, relaunchDelayMs, type RunState } from "../../domain/plan.ts";
import type { CoordinatorOptions } from "./coordinator-options.ts";
import type { Hands } from "./hands.ts";
import { holdBack, holdForPerson, parkRun, pauseRun, retryLater, startLater } from "./moves.ts";
import type { OwnRuns } from "./own-runs.ts";
import { refusalOf } from "./patience.ts";
import type { RunRecord } from "./record.ts";
import type { Entry } from "./run-state.ts";

/** What a coordinator does about one run by itself; what appears on the target is published together instead. */
export class RunActions {
  readonly #options: CoordinatorOptions;
  readonly #hands: Hands;
  readonly #runs: OwnRuns;
  readonly #wake: () => void;

  /** @param wake called when what was launched has ended */
  constructor(options: CoordinatorOptions, runs: OwnRuns, wake: () => void) {
    this.#options = options;
    this.#hands = options.hands;
    this.#runs = runs;
    this.#wake = wake;
  }

  async carryOut(action: Action, states: readonly RunState[]): Promise<void> {
    const entry = "id" in action ? this.#runs.get(action.id) : undefined;
    if (entry !== undefined) await this.#runs.unlessLost(entry, this.#actOn(entry, action, states));
  }

  /** Makes the worktree of a run that has begun, and launches its agent. */
  async begin(entry: Entry): Promise<void> {
    const { record } = entry;
    try {
      await this.#makeReady(entry, record);
    } catch (error) {
      if (refusalOf(error) === undefined) throw error;
      // What was made before it failed stands in the record alone.
      const written = await this.#hands.record(record.id);
      if (written?.run === record.run) entry.record = written;
      await this.#startLater(entry, error);
    }
  }

  /** What passes is waited for, a while; what is wrong with this run alone is for a person. */
  async #startLater(entry: Entry, error: unknown): Promise<void> {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    if (refusal.isPassing && (await startLater(this.#options, entry, refusal.reason))) return;
    // For want of space alone no person need look at it: whoever carries it goes on once there is some.
    if (isChantError(error, "DISK_FULL")) throw error;
    await parkRun(this.#options, entry, "needs_attention", refusal.reason);
  }

  async #actOn(entry: Entry, action: Action, states: readonly RunState[]): Promise<void> {
    switch (action.kind) {
      case "begin":
        return this.begin(entry);
      case "undo":
        await this.#hands.unclaim(entry.record);
        this.#runs.drop(entry.record.id);
        return;
      case "relaunch":
        return this.#relaunch(entry);
      case "again": {
        this.#options.emit({ kind: "interrupted", id: action.id, reason: action.reason, again: true });
        return this.#launchAgain(entry, {
          ...entry.record,
          interruptions: entry.record.interruptions + 1,
          relaunches: 0,
        });
      }
      case "retry":
        // The others are told first: cut off right here, it is planned again.
        if (action.limit !== undefined) await this.#hands.limited(entry.record, action.limit);
        return retryLater(this.#options, entry, action);
      case "put_off": {
        const { record } = entry;
        if (record.retry === undefined) return;
        const { resetsAtMs: before, ...retry } = record.retry;
        const resetsAtMs = action.isFree === true ? undefined : (action.resetsAtMs ?? before);
        const reset = resetsAtMs === undefined ? {} : { resetsAtMs };
        entry.record = { ...record, retry: { ...retry, atMs: action.atMs, ...reset } };
        return this.#hands.write(entry.record);
      }
      case "resume": {
        this.#options.emit({ kind: "resuming", id: action.id });
        const { isSameAttempt = false, ...record } = entry.record;
        await this.#hands.lock(record);
        // A person's own judgement is no attempt of the agent's.
        const attempt = record.attempt + (record.judgeOnly === undefined && !isSameAttempt ? 1 : 0);
        // That it is counted is known from here on: until it has a worktree it may be cut off, and begun once more.
        entry.record = { ...record, attempt, interruptions: 0, relaunches: 0, isSameAttempt: true };
        // It may have waited, or been parked, before it had one.
        if (record.adminDir === undefined) return this.begin(entry);
        try {
          return await this.#launch(entry, entry.record);
        } catch (error) {
          return this.#startLater(entry, error);
        }
      }
      case "pause":
        return this.#holdIfRefused(entry, pauseRun(this.#options, entry));
      case "retire":
        return this.#holdIfRefused(entry, this.#retire(entry));
      case "hold":
        return holdForPerson(this.#options, entry, states, action.reason);
      case "park":
        // It appears on the target with others: see Publication.
        if (action.limit !== undefined) await this.#hands.limited(entry.record, action.limit);
        return;
      case "land":
      case "publish_park":
      case "start":
        // These appear on the target together: see Publication.
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
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      await holdBack(this.#options, entry, { reason: refusal.reason, files: [], isPassing: false });
    }
  }

  async #retire(entry: Entry): Promise<void> {
    const waits = await this.#hands.retire(entry.record);
    if (waits === undefined) this.#runs.drop(entry.record.id);
    else await holdBack(this.#options, entry, waits);
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

  async #relaunch(entry: Entry): Promise<void> {
    const relaunches = entry.record.relaunches + 1;
    entry.dueMs = this.#options.clock.monotonicMs() + relaunchDelayMs(relaunches);
    await this.#launchAgain(entry, { ...entry.record, relaunches });
  }

  /** What is wrong with this run alone, such as an agent that the configuration knows no more, is for a person. */
  async #launchAgain(entry: Entry, record: RunRecord): Promise<void> {
    try {
      await this.#launch(entry, record);
    } catch (error) {
      const refusal = refusalOf(error);
      // An agent may be at work: it is not for sure that it can be left alone.
      if (refusal === undefined || refusal.isPassing) throw error;
      await parkRun(this.#options, entry, "needs_attention", refusal.reason);
    }
  }

  async #launch(entry: Entry, record: RunRecord): Promise<void> {
    const launched = await this.#hands.launch(record);
    const { launch } = launched.record;
    entry.record = launched.record;
    entry.launchedMs = performance.now();
    entry.end = undefined;
    void launched.done.then(() => {
      // Whatever it has not written by now it never will.
      if (entry.record.launch === launch) entry.launchedMs = undefined;
      this.#wake();
    });
  }
}
