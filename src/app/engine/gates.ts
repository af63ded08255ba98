import { failureText, triedAgain } from "../../domain/gate.ts";
import { unreachable } from "../../kit/unreachable.ts";
import type { CoordinatorOptions } from "./coordinator-options.ts";
import type { GateTest } from "./gate-landings.ts";
import { leaveGates, queueAtGates } from "./gate-moves.ts";
import type { GateEnd } from "./gate-run.ts";
import { holdBack } from "./moves.ts";
import type { OwnRuns } from "./own-runs.ts";
import type { RunRecord } from "./record.ts";
import type { Entry } from "./run-state.ts";

/** Gates that run, beside all else that a coordinator does. */
interface Job {
  readonly test: GateTest;
  readonly control: AbortController;
  /** Set once they have run. */
  end: GateEnd | undefined;
  readonly done: Promise<void>;
}

/** How long to leave gates of another process alone before asking again: at first, and at most, in milliseconds. */
const BUSY_LOOK_MS = [500, 15_000] as const;
/** And how long where they could not run: what is in their way seldom goes by itself. */
const REFUSED_LOOK_MS = 60_000;

/** A coordinator's part in the gates: one set of files is tried at a time, and all who are done wait meanwhile. */
export class Gates implements AsyncDisposable {
  readonly #options: CoordinatorOptions;
  readonly #runs: OwnRuns;
  readonly #wake: () => void;
  #job: Job | undefined;
  /** How often in a row others were at it. */
  #busy = 0;

  constructor(options: CoordinatorOptions, runs: OwnRuns, wake: () => void) {
    this.#options = options;
    this.#runs = runs;
    this.#wake = wake;
  }

  get isBusy(): boolean {
    return this.#job !== undefined;
  }

  /** Takes in what the gates have said, and stops those whose verdict nobody needs any more. */
  async look(): Promise<void> {
    const job = this.#job;
    if (job === undefined) return;
    if (job.end !== undefined) {
      this.#job = undefined;
      await this.#end(job.test, job.end);
    } else if (!this.#isWanted(job.test) || (await this.#options.hands.isStale(job.test))) {
      job.control.abort();
    }
  }

  /** Lets runs that are done wait until the gates have run, and begins with that if none run here. */
  async queue(waiting: readonly RunRecord[], test: GateTest | undefined): Promise<void> {
    const isFree = this.#job === undefined && test !== undefined;
    for (const record of waiting) {
      const entry = this.#runs.get(record.id);
      if (entry === undefined) continue;
      const isTried = isFree && test.runs.some(({ run }) => run === record.run);
      const history = entry.record.gate ?? { races: 0 };
      const next = isTried && !test.isTarget ? triedAgain(history, test.tree) : history;
      await this.#runs.orLetGo(queueAtGates(this.#options, entry, next));
    }
    if (isFree && this.#isWanted(test)) this.#begin(test);
    // They are looked at once more with all others when the gates have run.
    const dueMs = this.isBusy ? Infinity : 0;
    for (const { id } of waiting) {
      const entry = this.#runs.get(id);
      if (entry !== undefined) entry.dueMs = dueMs;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#job?.control.abort();
    await this.#job?.done;
  }

  #begin(asked: GateTest): void {
    const control = new AbortController();
    // With what their records say by now of the races that they have lost.
    const runs = asked.runs.map((record) => this.#runs.get(record.id)?.record ?? record);
    const test: GateTest = { ...asked, runs };
    const ended = this.#options.hands.gate(test, {
      signal: control.signal,
      onStart: () => this.#tellStart(test),
    });
    const job: Job = {
      test,
      control,
      end: undefined,
      done: ended.then((end) => {
        job.end = end;
        this.#wake();
      }),
    };
    this.#job = job;
  }

  #tellStart({ runs, target, isTarget }: GateTest): void {
    for (const { id } of isTarget ? [] : runs) {
      this.#options.emit({ kind: "gate_started", id, target: shortName(target), others: runs.length - 1 });
    }
  }

  /** All whose work is tried are still here, and about to land. */
  #isWanted({ runs }: GateTest): boolean {
    return runs.every(({ id, run }) => {
      const record = this.#runs.get(id)?.record;
      return record?.run === run && record.phase === "landing";
    });
  }

  async #end(test: GateTest, end: GateEnd): Promise<void> {
    const isWanted = this.#isWanted(test);
    const isRaced = end.kind === "stopped" && isWanted;
    // Whoever waited can be looked at anew.
    const [least, most] = BUSY_LOOK_MS;
    this.#busy = end.kind === "busy" ? this.#busy + 1 : 0;
    const busyMs = Math.min(most, least * 2 ** this.#busy);
    const dueMs = end.kind === "busy" ? this.#options.clock.monotonicMs() + busyMs : 0;
    for (const entry of this.#runs.entries) if (entry.dueMs === Infinity) entry.dueMs = dueMs;
    for (const { id, run } of test.runs) {
      const entry = this.#runs.get(id);
      if (entry?.record.run !== run || entry.record.phase !== "landing") continue;
      await this.#runs.orLetGo(this.#endOf(entry, test, end, isRaced));
    }
  }

  async #endOf(
    entry: Entry,
    { target, tree, runs, isTarget }: GateTest,
    end: GateEnd,
    isRaced: boolean,
  ): Promise<void> {
    const { emit, clock } = this.#options;
    const { id, gate } = entry.record;
    const races = gate?.races ?? 0;
    const others = runs.length - 1;
    switch (end.kind) {
      case "busy":
        return;
      case "refused":
        await leaveGates(this.#options, entry, { races });
        await holdBack(this.#options, entry, {
          reason: `the gates cannot run: ${end.reason}`,
          files: [],
          isPassing: false,
        });
        entry.dueMs = clock.monotonicMs() + REFUSED_LOOK_MS;
        return;
      case "stopped":
        if (!isRaced) return;
        await leaveGates(this.#options, entry, { races: races + 1 });
        emit({ kind: "gate_raced", id, target: shortName(target), races: races + 1 });
        return;
      case "verdict": {
        const { failure } = end.verdict;
        if (isTarget) return leaveGates(this.#options, entry, { races });
        await leaveGates(this.#options, entry, failure === undefined ? { races, passed: tree } : { races });
        const { durationMs } = end;
        if (failure === undefined) emit({ kind: "gate_passed", id, target: shortName(target), durationMs });
        else if (others > 0) {
          emit({ kind: "gate_failed", id, reason: `the ${failureText(failure)}`, others });
        }
        return;
      }
      default:
        return unreachable(end);
    }
  }
}

const shortName = (ref: string): string => ref.replace(/^refs\/heads\//, "");
