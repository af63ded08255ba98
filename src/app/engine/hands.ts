import type { SpecId } from "../../domain/id.ts";
import type { Fallback } from "../../domain/rotation.ts";
import type { AccountWaits } from "../../domain/limits.ts";
import type { MetLimit, RunState } from "../../domain/plan.ts";
import { type ChantError, isChantError } from "../../kit/errors.ts";
import { effect } from "../../host/effects.ts";
import { isAlive } from "../../host/identity.ts";
import { AgentChoice } from "../agent-choice.ts";
import { launchRun, makeWorktree } from "./begin.ts";
import { isOwn, takeOver, unclaim, writeOwn } from "./claim.ts";
import { cleanUp } from "./clean.ts";
import type { Engine } from "./engine.ts";
import type { GateTest } from "./gate-landings.ts";
import { type GateEnd, isStaleTest, runGates } from "./gate-run.ts";
import { Governor } from "./governor.ts";
import { noteEnd } from "./launch-report.ts";
import type { Batch } from "./plan-batch.ts";
import { pauseRun } from "./pause.ts";
import { readRecords, readWholeRecord, type RunRecord, type Waits } from "./record.ts";
import { retire } from "./retire.ts";
import { type Entry, factsOf, stateOf } from "./run-state.ts";
import { settle, type Settled } from "./settle.ts";
import { removeSpecLock, writeSpecLock } from "./spec-lock.ts";
import { recoverTrusted } from "./trusted-config.ts";
import type { SpecReader } from "./world.ts";

/**
 * All that a coordinator reads of the world and does to it. Each can be done again after a kill at any point of it.
 * The real ones are git, files and processes; a simulation puts a model in their place.
 */
export interface Hands {
  records(): Promise<ReadonlyMap<SpecId, RunRecord>>;
  /** One that is torn is as good as none: it is taken up by what is left of its run. */
  record(id: SpecId): Promise<RunRecord | undefined>;
  /** @throws LostRun when somebody has taken it over */
  write(record: RunRecord): Promise<void>;
  isOwn(record: RunRecord): boolean;
  /** Its coordinator is gone. */
  isOrphan(record: RunRecord): boolean;
  takeOver(found: RunRecord): Promise<RunRecord | undefined>;
  unclaim(record: RunRecord): Promise<void>;
  /** Finishes a landing that was cut off; false while something of the user's is in the way of that. */
  recover(): Promise<boolean>;
  lock(record: RunRecord): Promise<void>;
  unlock(id: SpecId): Promise<void>;
  look(entry: Entry): Promise<RunState>;
  makeWorktree(record: RunRecord): Promise<RunRecord>;
  launch(record: RunRecord): Promise<{ readonly record: RunRecord; readonly done: Promise<unknown> }>;
  settle(batch: Omit<Batch, "specs">): Promise<Settled>;
  /** Lets runners go that have nothing to do. */
  rest(): Promise<void>;
  /** Runs the gates; `onStart` is called when nothing keeps them from it any more. Never throws. */
  gate(
    test: GateTest,
    options: { readonly signal: AbortSignal; readonly onStart: () => void },
  ): Promise<GateEnd>;
  /** The target has got other files since: what the gates say of these is of no use. */
  isStale(test: GateTest): Promise<boolean>;
  clean(record: RunRecord): Promise<void>;
  /** Stops its agent, and returns it as parked; that is not written yet. */
  pause(record: RunRecord): Promise<RunRecord>;
  retire(record: RunRecord): Promise<Waits | undefined>;
  /** For which accounts' limits everybody waits. */
  limits(): Promise<AccountWaits>;
  /** Tells everybody of a limit that a run has met. */
  limited(record: RunRecord, limit: MetLimit): Promise<void>;
}

/** How long to wait for others that land, in milliseconds. */
const LAND_LOCK_WAIT_MS = 120_000;

/** Returns who goes on with a run whose agent's quota is used up. */
async function fallbackFor(
  { config, clock, places }: Engine,
  record: RunRecord,
): Promise<Fallback | undefined> {
  const agents = new AgentChoice(config, clock, undefined);
  await agents.look();
  return agents.fallbackOf(record, (await readRecords(places)).values());
}

export function realHands(engine: Engine, specsOf: (target: string) => SpecReader): Hands {
  const { places, landLock } = engine;
  const governor = new Governor(engine.clock);
  const told = new Set<string>();
  const tellOnce = ({ message, hint = "" }: ChantError): void => {
    if (!told.has(message)) engine.emit({ kind: "warning", message: `${message} ${hint}`.trim() });
    told.add(message);
  };
  return {
    records: () => readRecords(places, tellOnce),
    record: (id) => readWholeRecord(places, id),
    write: (record) => effect("park.record", () => writeOwn(engine, record)),
    isOwn,
    isOrphan: (record) => isOwn(record) || !isAlive(record.owner),
    takeOver: (found) => takeOver(engine, found),
    unclaim: (record) => landLock.hold(() => unclaim(engine, record), { waitMs: LAND_LOCK_WAIT_MS }),
    recover: async () => {
      try {
        await landLock.hold(() => recoverTrusted(engine), { waitMs: LAND_LOCK_WAIT_MS });
        return true;
      } catch (error) {
        if (!isChantError(error, "LANDING_WAITS")) throw error;
        tellOnce(error);
        return false;
      }
    },
    lock: (record) => writeSpecLock(places, record),
    unlock: (id) => removeSpecLock(places, id),
    look: async (entry) => {
      const state = await stateOf(factsOf(engine), entry);
      if (state.at.kind === "ended" && entry.end !== undefined) noteEnd(engine, entry.record, entry.end);
      if (state.at.kind === "ended" && state.at.error?.trouble === "quota") {
        const fallback = await fallbackFor(engine, entry.record);
        if (fallback !== undefined) return { ...state, at: { ...state.at, fallback } };
      }
      return state;
    },
    makeWorktree: (record) =>
      landLock.hold(() => makeWorktree(engine, record), { waitMs: LAND_LOCK_WAIT_MS }),
    launch: (record) => launchRun(engine, record),
    settle: (batch) => settle(engine, { ...batch, specs: specsOf(batch.target) }),
    rest: () => engine.runners.rest(),
    gate: (test, options) => runGates(engine, test, options),
    isStale: (test) => isStaleTest(engine, test),
    clean: async (record) => {
      await cleanUp(engine, record);
    },
    pause: (record) => pauseRun(engine, record),
    retire: (record) => retire(engine, record, specsOf(record.target)),
    limits: () => governor.waits(),
    limited: (record, limit) => governor.met(record, limit),
  };
}
