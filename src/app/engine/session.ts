import type { ChantEvent } from "../../domain/event.ts";
import type { SpecId } from "../../domain/id.ts";
import type { Repository } from "../../git/repository.ts";
import { requireConfig } from "../../store/config.ts";
import { placesOf } from "../../store/places.ts";
import { finishSplits, hasOpenSplits } from "../../store/split-files.ts";
import { mendAfterLoss } from "./after-loss.ts";
import { isAlive } from "../../host/identity.ts";
import { Coordinator } from "./coordinator.ts";
import type { CoordinatorOptions } from "./coordinator-options.ts";
import { readRecords } from "./record.ts";
import { type Engine, type EngineOptions, openEngine } from "./engine.ts";
import { realHands } from "./hands.ts";
import { SpecReader } from "./world.ts";

/** An engine with its readers, for a command of a person's that is over in a moment. */
export interface Session extends Disposable {
  readonly engine: Engine;
  readonly specsOf: (target: string) => SpecReader;
}

export async function openSession(
  repo: Repository,
  onEvent: (event: ChantEvent) => void,
  options: EngineOptions = {},
): Promise<Session> {
  const { config, warnings } = await requireConfig(placesOf(repo.home, repo.commonDir));
  const engine = await openEngine(repo, config, onEvent, options);
  for (const message of warnings) engine.emit({ kind: "warning", message });
  await mendAfterLoss(engine);
  // Nothing is decided over half of a group.
  if (await hasOpenSplits(engine.places)) await engine.kernelLock.hold(() => finishSplits(engine.places));
  const readers = new Map<string, SpecReader>();
  const archive = config.lifecycle.specs.archive.location;
  return {
    engine,
    specsOf: (target) => {
      const reader =
        readers.get(target) ?? new SpecReader(repo, target, engine.reader, engine.trees, archive);
      readers.set(target, reader);
      return reader;
    },
    [Symbol.dispose]: () => engine[Symbol.dispose](),
  };
}

/** What every coordinator of an engine has. */
export function coreOf(
  engine: Engine,
  specsOf: Session["specsOf"],
): Pick<CoordinatorOptions, "hands" | "emit" | "clock" | "policy" | "inbox"> {
  const { emit, clock, places } = engine;
  return {
    hands: realHands(engine, specsOf),
    emit,
    clock,
    policy: () => engine.config.watch.failure,
    inbox: places.inbox,
  };
}

/** A coordinator that starts nothing new: it brings to an end what is under way. */
export function carrierOf({ engine, specsOf }: Session, options: { readonly isWatch: boolean }): Coordinator {
  return new Coordinator({
    ...coreOf(engine, specsOf),
    permanent: options.isWatch ? "needs_attention" : "failed",
    slots: () => engine.config.parallel.max,
    target: "",
    canStart: async () => false,
    start: async () => [],
    mayStill: async (claims) => claims,
    mayStart: () => false,
  });
}

/** What became of some runs. What is in neither list was taken over by another command of a person's. */
export interface Carried {
  readonly landed: readonly SpecId[];
  /** As this process holds them still. */
  readonly left: Coordinator["records"];
  /** The process of another command that has a run now, by its pid. */
  readonly taken: ReadonlyMap<SpecId, number>;
}

/**
 * Carries some runs until each of them is over, waits for a person or is held back. Only these are taken over.
 */
export async function carryRuns(
  session: Session,
  ids: readonly SpecId[],
  signal?: AbortSignal,
): Promise<Carried> {
  await using coordinator = carrierOf(session, { isWatch: false });
  await coordinator.adopt(ids);
  for (;;) {
    if (signal?.aborted === true) break;
    if (await coordinator.round()) continue;
    if (coordinator.active.length === 0) break;
    await coordinator.wait();
  }
  await coordinator.finishCleaning();
  const taken = new Map<SpecId, number>();
  for (const { id, owner } of (await readRecords(session.engine.places)).values()) {
    if (ids.includes(id) && isAlive(owner) && owner.pid !== process.pid) taken.set(id, owner.pid);
  }
  return { landed: coordinator.landed, left: coordinator.records, taken };
}
