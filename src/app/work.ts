import type { SpecId } from "../domain/id.ts";
import type { ChantEvent } from "../domain/event.ts";
import { completeDriverMark } from "../domain/mark.ts";
import { ChantError } from "../kit/errors.ts";
import { branchOfHead, type Repository } from "../git/repository.ts";
import { readRef } from "../git/refs.ts";
import { Heartbeat } from "../host/heartbeat.ts";
import { endStatusOf } from "../host/interruption.ts";
import { notifierOf } from "./engine-notifier.ts";
import { archiveIfDue } from "./archive.ts";
import { tidyIfDue } from "./tidy.ts";
import { Coordinator } from "./engine/coordinator.ts";
import type { Engine, Happening } from "./engine/engine.ts";
import { clearGates } from "./engine/gate-run.ts";
import { coreOf, openSession } from "./engine/session.ts";
import { Patience } from "./engine/patience.ts";
import { publishMarks } from "./engine/mark.ts";
import { missedDrivers, type SpecReader } from "./engine/world.ts";
import { Choice } from "./work-choice.ts";
import { requireWorktreeRoot } from "./worktree-root.ts";

export interface WorkRequest {
  /** Ids or parts of them; none means every spec that is ready or becomes so. */
  readonly ids: readonly string[];
  /** The most agents at once; the configuration's `parallel.max` when left out. */
  readonly slots?: number;
  /** One after the other in the order of ids, up to the first failure. */
  readonly isChain: boolean;
  /** Goes on after a failure in a chain. */
  readonly keepGoing: boolean;
  readonly label?: string;
  readonly agent?: string;
  /** The prompt to give, whatever the specs and the configuration name. */
  readonly prompt?: string;
  /** Starts the named specs although their approval is missing, and records who said so. */
  readonly skipApproval?: boolean;
  /** False returns after the last start. */
  readonly wait: boolean;
  /** As for watch: whether to tell people, whatever the configuration says. */
  readonly notify?: boolean;
  /** Aborted when the user wants to leave; the agents go on. Its reason names the signal. */
  readonly signal: AbortSignal;
  /** Goes ahead on a filesystem whose locks may not hold. */
  readonly allowNetworkFilesystem?: boolean;
  /** How long to wait when nothing but the user's own edits hold landings back, in milliseconds. */
  readonly landingWaitMs?: number;
}

export interface WorkSummary {
  readonly landed: readonly SpecId[];
  readonly failed: readonly { readonly id: SpecId; readonly reason: string }[];
  readonly attention: readonly { readonly id: SpecId; readonly reason: string }[];
  /** Done, but held back by something of the user's. */
  readonly waiting: readonly {
    readonly id: SpecId;
    readonly reason: string;
    readonly files: readonly string[];
    /** It lands once a person has decided about its result. */
    readonly isForPerson?: boolean;
  }[];
  /** Asked for, and not started. */
  readonly skipped: readonly { readonly id: SpecId; readonly reason: string }[];
  /** Still at work when this left. */
  readonly running: readonly SpecId[];
  readonly durationMs: number;
  readonly exitStatus: number;
}

/** Something of the user's that passes by itself, such as a git command, is waited for at least so long, in milliseconds. */
const TRANSIENT_WAIT_MS = 10_000;
/** How often to look for runs whose coordinator died meanwhile, in milliseconds. */
const ADOPT_EVERY_MS = 5_000;

/** Gives specs to agents and stays until all of them have landed, failed, or wait for a person. */
export async function work(
  workspace: { readonly repo: Repository },
  request: WorkRequest,
  onEvent: (event: ChantEvent) => void,
): Promise<WorkSummary> {
  const { repo } = workspace;
  const target = await requireBranch(repo);
  const tally = new Tally();
  const { allowNetworkFilesystem = false } = request;
  const listeners = [(event: ChantEvent): void => tally.note(event), onEvent];
  const onHappening = (event: ChantEvent): void => listeners.forEach((each) => each(event));
  using session = await openSession(repo, onHappening, { allowNetworkFilesystem });
  const { engine, specsOf } = session;
  await using _beat = new Heartbeat(engine.places.beats);
  await using notifier = notifierOf(engine, request.notify);
  listeners.push((event) => notifier.note(event));
  await completeMissed(engine, target, specsOf(target));
  await archiveIfDue(session);
  await tidyIfDue(session);
  await clearGates(engine);
  const choice = await Choice.make(engine, request, target, specsOf(target));
  if (await choice.hasMore()) await requireWorktreeRoot(engine.config.worktree.root);
  let isBroken = false;
  await using coordinator = new Coordinator({
    ...coreOf(engine, specsOf),
    permanent: "failed",
    slots: () => (request.isChain ? 1 : (request.slots ?? engine.config.parallel.max)),
    target,
    canStart: () => choice.hasMore(),
    start: (atMost, completed) => choice.claimNext(atMost, completed),
    mayStill: (claims, completed, world) => choice.stillReady(claims, completed, world),
    mayStart: () => {
      isBroken ||= request.isChain && !request.keepGoing && tally.failed.size + tally.attention.size > 0;
      return !request.signal.aborted && !isBroken;
    },
  });
  const leave = (): void => coordinator.wake();
  request.signal.addEventListener("abort", leave);
  try {
    const waitsForOthers = async (): Promise<boolean> => !isBroken && (await choice.waitsForOthers());
    await carry(engine, coordinator, choice, request, waitsForOthers);
  } finally {
    request.signal.removeEventListener("abort", leave);
  }
  await coordinator.finishCleaning();
  return summarise(engine, coordinator, request, tally, await choice.leftOver(isBroken, tally.landed));
}

/** Completes the drivers whose last member was completed without a landing, as by a person's edit. */
async function completeMissed(engine: Engine, target: string, specs: SpecReader): Promise<void> {
  const drivers = missedDrivers(await specs.read());
  if (drivers.length === 0) return;
  const marks = drivers.map((driver) => completeDriverMark(driver, engine.clock.nowMs()));
  // What holds it back now will not do so at the next landing of the group.
  if ((await publishMarks(engine, target, specs, marks)) !== undefined) return;
  for (const id of drivers) engine.emit({ kind: "completed_driver", id });
}

/** @throws ChantError DETACHED_HEAD, NO_COMMIT_YET */
async function requireBranch(repo: Repository): Promise<string> {
  const branch = await branchOfHead(repo.gitDir);
  if (branch === undefined) {
    throw new ChantError(
      "DETACHED_HEAD",
      "HEAD is not on a branch, so there is nothing that work could land on.",
      {
        hint: "Switch to the branch that you want it on, for example: git switch main",
      },
    );
  }
  if ((await readRef(repo, branch)) !== undefined) return branch;
  throw new ChantError(
    "NO_COMMIT_YET",
    "This repository has no commit yet, so there is nothing to work from.",
    {
      hint: 'Make a first one, for example: git commit --allow-empty -m "Start"',
    },
  );
}

/** Rounds until nothing moves any more by itself. */
async function carry(
  engine: Engine,
  coordinator: Coordinator,
  choice: Choice,
  request: WorkRequest,
  waitsForOthers: () => Promise<boolean>,
): Promise<void> {
  const { clock, config } = engine;
  const landingWaitMs = request.landingWaitMs ?? config.work.landingWaitMinutes * 60_000;
  let adoptedMs = -Infinity;
  let onlyWaitingSinceMs: number | undefined;
  const patience = new Patience(engine, TRANSIENT_WAIT_MS);
  while (!request.signal.aborted) {
    const done = await patience.bear(async () => {
      if (clock.monotonicMs() - adoptedMs > ADOPT_EVERY_MS) {
        await coordinator.adopt();
        adoptedMs = clock.monotonicMs();
      }
      return coordinator.round();
    });
    if (done === "failed") {
      // What was begun and not finished is found as it would be after a crash.
      adoptedMs = -Infinity;
      await coordinator.wait();
      continue;
    }
    if (done) continue;
    if (!request.wait && !(await choice.hasMore())) return;
    if (coordinator.active.length > 0 || (request.wait && (await waitsForOthers()))) {
      onlyWaitingSinceMs = undefined;
    } else {
      const isTransient = coordinator.waiting.every((record) => record.waits?.isPassing === true);
      const limitMs = isTransient ? Math.max(landingWaitMs, TRANSIENT_WAIT_MS) : landingWaitMs;
      onlyWaitingSinceMs ??= clock.monotonicMs();
      if (coordinator.waiting.length === 0 || clock.monotonicMs() - onlyWaitingSinceMs >= limitMs) return;
    }
    await coordinator.wait();
  }
}

/** What became of the runs, counted from the events. */
class Tally {
  readonly landed = new Set<SpecId>();
  readonly failed = new Map<SpecId, string>();
  readonly attention = new Map<SpecId, string>();

  note(event: ChantEvent | (Happening & { readonly at: number })): void {
    if (event.kind === "landed") this.landed.add(event.id);
    if (event.kind === "failed" && event.again !== true) this.failed.set(event.id, event.reason);
    if (event.kind === "needs_attention") this.attention.set(event.id, event.reason);
  }
}

function summarise(
  engine: Engine,
  coordinator: Coordinator,
  request: WorkRequest,
  tally: Tally,
  left: Awaited<ReturnType<Choice["leftOver"]>>,
): WorkSummary {
  const waiting = [...coordinator.waiting, ...coordinator.undecided].map(({ id, waits }) => ({
    id,
    reason: waits?.reason ?? "",
    files: waits?.files ?? [],
    ...(waits?.isForPerson === true ? { isForPerson: true } : {}),
  }));
  const isRefused = left.refused > 0 || tally.failed.size > 0 || tally.attention.size > 0;
  const isBusy = left.busy > 0 || waiting.length > 0;
  const exitStatus = request.signal.aborted
    ? endStatusOf(request.signal.reason)
    : isRefused
      ? 1
      : isBusy
        ? 75
        : 0;
  const durationMs = engine.clock.nowMs() - engine.openedAtMs;
  engine.emit({
    kind: "summary",
    landed: tally.landed.size,
    failed: tally.failed.size,
    attention: tally.attention.size,
    waiting: waiting.length,
    skipped: left.skipped.length,
    durationMs,
  });
  return {
    landed: [...tally.landed],
    failed: reasons(tally.failed),
    attention: reasons(tally.attention),
    waiting,
    skipped: left.skipped,
    running: coordinator.active.map((record) => record.id),
    durationMs,
    exitStatus,
  };
}

function reasons(map: ReadonlyMap<SpecId, string>): { id: SpecId; reason: string }[] {
  return [...map].map(([id, reason]) => ({ id, reason }));
}
