import { join } from "node:path";
import type { ChantError } from "../../kit/errors.ts";
import { Heartbeats } from "../../domain/liveness.ts";
import { listIfExists, removeTree } from "../../host/files.ts";
import type { Engine } from "./engine.ts";
import { findLeftBehind, type LeftBehind } from "./left-behind.ts";
import { refusalOf } from "./patience.ts";
import { readRecords } from "./record.ts";
import { forgetOldLandings } from "./silent/landed.ts";
import type { Session } from "./session.ts";
import { takeUp } from "./take-up.ts";

/** The longest time between two looks for runs whose records are gone, in milliseconds. */
const LOOK_MS = 60_000;

/**
 * Takes up runs whose records are gone, when a watch starts and now and then. What nothing happens in for long is told
 * by the age of its files, and by having watched it: a clock that was set makes nothing wait for ever.
 */
export class LostRuns {
  readonly #session: Session;
  readonly #lookMs: number;
  readonly #heartbeats: Heartbeats;
  /** Worktrees that cannot be kept: told once, and left. */
  readonly #refused = new Set<string>();
  readonly #told = new Set<string>();
  #dueMs = -Infinity;
  #isWaiting = false;

  constructor(session: Session) {
    this.#session = session;
    const staleAfterMs = session.engine.config.watch.staleAfterMinutes * 60_000;
    this.#lookMs = Math.min(LOOK_MS, staleAfterMs / 4);
    // A machine that slept did not watch.
    this.#heartbeats = new Heartbeats({ staleAfterMs, maxGapMs: 3 * LOOK_MS });
  }

  /** Whether something is in progress that nobody carries yet: a process is in it, or it is not quiet for long enough. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** How long until the next look, in milliseconds. */
  get dueInMs(): number {
    return Math.max(0, this.#dueMs - this.#session.engine.clock.monotonicMs());
  }

  /** Looks, unless the last look was a moment ago. Returns whether something was taken up. */
  async takeUp(): Promise<boolean> {
    const { engine } = this.#session;
    if (this.dueInMs > 0) return false;
    this.#dueMs = engine.clock.monotonicMs() + this.#lookMs;
    await removeHalfMade(engine);
    const found = await findLeftBehind({
      ...engine,
      nowMs: engine.clock.nowMs(),
      watched: (signs) => this.#heartbeats.look(signs, engine.clock.monotonicMs()),
    });
    this.#isWaiting = found.some(({ remedy }) => remedy === "wait");
    let isTaken = false;
    for (const left of found) {
      if (!this.#refused.has(left.path) && (await this.#takeUpOne(left))) isTaken = true;
    }
    return isTaken;
  }

  async #takeUpOne(left: LeftBehind): Promise<boolean> {
    const { engine } = this.#session;
    const { id, path, remedy } = left;
    try {
      if (!(await takeUp(engine, left))) return false;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      const { reason, isPassing } = refusal;
      if (!isPassing) this.#refused.add(path);
      const message = `${path} is left as it is${isPassing ? " for now" : ""}: ${reason}.`;
      if (!this.#told.has(message)) engine.emit({ kind: "warning", id, message });
      this.#told.add(message);
      return false;
    }
    if (remedy !== "clean") engine.emit({ kind: "run_recovered", id, path });
    return true;
  }
}

/**
 * Removes folders of runs that never came to be: whoever took up a lost run and was killed before its record was written.
 * A run's record comes before its folder and goes after it, and with the first launch the folder says whose it is.
 */
async function removeHalfMade(engine: Engine): Promise<void> {
  const { places } = engine;
  const runs = await listIfExists(places.work);
  const torn: ChantError[] = [];
  const records = await readRecords(places, (each) => torn.push(each));
  // It may be the torn one's.
  if (torn.length > 0) return;
  const known = new Set([...records.values()].map(({ run }) => run));
  for (const run of runs.filter((each) => !known.has(each))) {
    const folder = join(places.work, run);
    const names = await listIfExists(folder);
    if (!names.some((name) => name.startsWith("launch-"))) await removeTree(folder);
  }
  if (engine.repo.isSilent === true) await forgetOldLandings(engine, new Set([...known, ...runs]));
}
