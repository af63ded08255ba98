import type { Action, RunState } from "../../domain/plan.ts";
import type { Clearing } from "./clearing.ts";
import type { CoordinatorOptions } from "./coordinator-options.ts";
import { failGate } from "./gate-moves.ts";
import type { Gates } from "./gates.ts";
import type { Hands } from "./hands.ts";
import { doneRun, holdBack, parkRun, tryLater } from "./moves.ts";
import type { OwnRuns } from "./own-runs.ts";
import type { RunActions } from "./run-actions.ts";
import type { Entry } from "./run-state.ts";
import type { Settled } from "./settle.ts";

/** How long to leave the user alone after they were seen using the index, in milliseconds. */
const POLITE_PAUSE_MS = 1_500;

/** The other parts of its coordinator. */
interface Parts {
  readonly runs: OwnRuns;
  readonly actions: RunActions;
  readonly gates: Gates;
  readonly clearing: Clearing;
}

/** What a coordinator brings onto the targets, and what follows from that. */
export class Publication {
  readonly #options: CoordinatorOptions;
  readonly #hands: Hands;
  readonly #runs: OwnRuns;
  readonly #actions: RunActions;
  readonly #gates: Gates;
  readonly #clearing: Clearing;
  /** Monotonic time, in milliseconds. */
  #quietUntilMs = 0;

  constructor(options: CoordinatorOptions, parts: Parts) {
    this.#options = options;
    this.#hands = options.hands;
    this.#runs = parts.runs;
    this.#actions = parts.actions;
    this.#gates = parts.gates;
    this.#clearing = parts.clearing;
  }

  /** How long the user is still left alone, in milliseconds. */
  get quietMs(): number {
    return Math.max(0, this.#quietUntilMs - this.#options.clock.monotonicMs());
  }

  /** Lands, parks and starts: one step for each target. */
  async settle(actions: readonly Action[], states: readonly RunState[]): Promise<boolean> {
    if (this.quietMs > 0) return false;
    const land: Entry[] = [];
    const park: Entry[] = [];
    let atMost = 0;
    for (const action of actions) {
      const entry = "id" in action ? this.#runs.get(action.id) : undefined;
      if (action.kind === "start") atMost = action.atMost;
      else if (entry === undefined) continue;
      else if (action.kind === "land") land.push(doneRun(this.#options, entry, states));
      else if (action.kind === "park") {
        const status = action.status === "failed" ? this.#options.permanent : action.status;
        const parked = await this.#runs.orLetGo(parkRun(this.#options, entry, status, action.reason));
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
      this.#runs.drop(record.id);
      emit({ kind: "merging", id: record.id, branch: record.branch });
      const { id, run, agent } = record;
      emit({ kind: "landed", id, target: target.replace(/^refs\/heads\//, ""), commit, run, agent });
      for (const driver of drivers) emit({ kind: "completed_driver", id: driver });
    }
    for (const record of settled.started) {
      const { id, attempt, agent, run } = record;
      emit({ kind: "run_started", id, attempt, agent, run });
      const entry = this.#runs.add(record);
      await this.#runs.unlessLost(entry, this.#actions.begin(entry));
    }
    for (const { record } of settled.landed) this.#clearing.begin(record);
    for (const { record, reason } of settled.dropped) {
      await this.#hands.unclaim(record);
      emit({ kind: "skipped", id: record.id, reason });
    }
    for (const { record, reason } of settled.conflicts) {
      const entry = this.#runs.get(record.id);
      if (entry === undefined) continue;
      await this.#runs.orLetGo(parkRun(this.#options, entry, "needs_attention", reason));
    }
    for (const { record, waits } of settled.held) {
      const entry = this.#runs.get(record.id);
      if (entry === undefined) continue;
      if (record.finalize !== undefined) entry.record = { ...entry.record, finalize: record.finalize };
      await this.#runs.orLetGo(holdBack(this.#options, entry, waits));
    }
    for (const failed of settled.failed) {
      const entry = this.#runs.get(failed.record.id);
      if (entry !== undefined) await this.#runs.orLetGo(failGate(this.#options, entry, failed));
    }
    await this.#gates.queue(settled.queued, settled.test);
    for (const { record, isPublished } of settled.parked) {
      const entry = this.#runs.get(record.id);
      if (entry?.record.parked === undefined) continue;
      if (!isPublished) tryLater(this.#options, entry);
      entry.record = { ...entry.record, parked: { ...entry.record.parked, isPublished } };
      await this.#runs.orLetGo(this.#hands.write(entry.record));
    }
    const { conflicts, failed, started, landed } = settled;
    return conflicts.length + failed.length + started.length + landed.length > 0;
  }
}
