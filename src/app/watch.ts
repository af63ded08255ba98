import { dirname, join } from "node:path";
import { type ChantEvent, logLine } from "../domain/event.ts";
import type { SpecId } from "../domain/id.ts";
import { ChantError, isChantError } from "../kit/errors.ts";
import { systemClock } from "../host/clock.ts";
import { Heartbeat } from "../host/heartbeat.ts";
import { ownIdentity } from "../host/identity.ts";
import { endStatusOf } from "../host/interruption.ts";
import { KernelLock } from "../host/kernel-lock.ts";
import { RotatingLog } from "../host/rotating-log.ts";
import { readPidFile, removePidFile, removeStalePidFile, writePidFile } from "../store/pid-file.ts";
import type { Places } from "../store/places.ts";
import { archiveIfDue } from "./archive.ts";
import { tidyIfDue } from "./tidy.ts";
import { isOwn } from "./engine/claim.ts";
import type { Coordinator } from "./engine/coordinator.ts";
import type { Engine } from "./engine/engine.ts";
import { LostRuns } from "./engine/lost-runs.ts";
import { recoverAtStart } from "./engine/recovery.ts";
import { carrierOf, openSession, type Session } from "./engine/session.ts";
import { isForPerson } from "./engine/held.ts";
import { finalizeTicked } from "./engine/here.ts";
import { Patience } from "./engine/patience.ts";
import { readRecords } from "./engine/record.ts";
import { notifierOf } from "./engine-notifier.ts";
import type { Workspace } from "./workspace.ts";

export interface WatchRequest {
  /** One pass, then the end; waits for nothing. */
  readonly isOnce: boolean;
  /** In place of the configuration's `watch.poll_interval_ms`. */
  readonly pollIntervalMs?: number;
  readonly version: string;
  /** True shows everything on the desktop as well, false tells nobody; otherwise as configured. */
  readonly notify?: boolean;
  /** Its reason names the signal that ended it. */
  readonly signal: AbortSignal;
}

export interface WatchSummary {
  readonly landed: readonly SpecId[];
  readonly attention: readonly SpecId[];
  readonly ended: "once" | "idle" | "signal" | "failure";
  readonly exitStatus: number;
}

/**
 * Brings to its end what is in progress, whatever happens: lands, retries, recovers, clears away. It never starts a
 * spec, adds one or edits its text. One at a time for a repository.
 * @throws ChantError LOCK_BUSY when another one runs, naming it
 */
export async function watch(
  workspace: Workspace,
  request: WatchRequest,
  onEvent: (event: ChantEvent) => void,
): Promise<WatchSummary> {
  const { repo, places } = workspace;
  using lock = new KernelLock(join(places.own, "watch.db"));
  try {
    return await lock.hold(() => watchAlone(workspace, request, onEvent), { waitMs: 0 });
  } catch (error) {
    if (!isChantError(error, "LOCK_BUSY") || !error.message.includes("watch.db")) throw error;
    const file = await readPidFile(pidFileOf(places), repo.commonDir);
    const who =
      file.kind === "running"
        ? `process ${file.watch.identity.pid} (chant ${file.watch.version})`
        : "another process";
    throw new ChantError("LOCK_BUSY", `This repository is watched already, by ${who}.`, {
      hint: "See what it does: chant watch status. End it: chant watch stop",
    });
  }
}

/** In the main checkout, beside the locks: there is one watch for a repository, however many checkouts it has. */
export const pidFileOf = (places: Places): string => join(dirname(places.locks), "watch.pid");

async function watchAlone(
  workspace: Workspace,
  request: WatchRequest,
  onEvent: (event: ChantEvent) => void,
): Promise<WatchSummary> {
  const { signal } = request;
  const tally = new WatchTally();
  const log = watchLog(workspace.places);
  const tellAll = (event: ChantEvent): void => {
    tally.note(event);
    log.append(logLine(event));
    onEvent(event);
  };
  const ended = await watchUntilOver(workspace, request, tally, tellAll).catch((error: unknown) => {
    // It waited for another process, and was asked to end meanwhile.
    if (signal.aborted && error === signal.reason) return "signal" as const;
    throw error;
  });
  if (ended === "signal") {
    tellAll({ kind: "stopping", signal: String(signal.reason), at: systemClock.nowMs() });
  }
  return tally.summary(ended, signal);
}

/** What every watch of a repository has said. */
export const watchLog = (places: Places): RotatingLog => new RotatingLog(join(places.logs, "watch.log"));

async function watchUntilOver(
  { repo, places }: Workspace,
  request: WatchRequest,
  tally: WatchTally,
  tellAll: (event: ChantEvent) => void,
): Promise<WatchSummary["ended"]> {
  const listeners = [tellAll];
  const tell = (event: ChantEvent): void => listeners.forEach((each) => each(event));
  using session = await openSession(repo, tell, { signal: request.signal });
  await using _beat = new Heartbeat(places.beats);
  await using notifier = notifierOf(session.engine, request.notify);
  listeners.push((event) => notifier.note(event));
  const path = pidFileOf(places);
  const stale = await readPidFile(path, repo.commonDir);
  if (stale.kind === "stale" && (await removeStalePidFile(path, stale))) {
    session.engine.emit({
      kind: "stale_pid_file_removed",
      ...(stale.pid === undefined ? {} : { pid: stale.pid }),
    });
  }
  await writePidFile(path, { identity: ownIdentity(), version: request.version, repository: repo.commonDir });
  try {
    await using coordinator = carrierOf(session, { isWatch: true });
    const wake = (): void => coordinator.wake();
    request.signal.addEventListener("abort", wake);
    try {
      await recoverAtStart(session);
      await archiveIfDue(session);
      await tidyIfDue(session);
      const ended = await loop(session, coordinator, request, tally);
      await coordinator.finishCleaning();
      return ended;
    } finally {
      request.signal.removeEventListener("abort", wake);
    }
  } finally {
    await removePidFile(path, ownIdentity());
  }
}

/** How often a watch asks whether a day is over, in milliseconds. */
const TIDY_LOOK_MS = 60 * 60_000;

/** For how long a git that fails is borne, in milliseconds. */
const PATIENCE_MS = 60_000;

/** Without the watch nobody would go on once there is space again, or a process that was stopped has let go. */
const ENDURING = ["LOCK_BUSY", "DISK_FULL"] as const;

async function loop(
  session: Session,
  coordinator: Coordinator,
  request: WatchRequest,
  tally: WatchTally,
): Promise<WatchSummary["ended"]> {
  const { engine } = session;
  let shown: string | undefined;
  let busyMs = engine.clock.monotonicMs();
  let tidiedMs = busyMs;
  const lost = new LostRuns(session);
  const patience = new Patience(engine, PATIENCE_MS, request.isOnce ? [] : ENDURING);
  for (;;) {
    const { watch: settings } = await engine.refreshConfig();
    const pollMs = request.pollIntervalMs ?? settings.pollIntervalMs;
    if (engine.clock.monotonicMs() - tidiedMs > TIDY_LOOK_MS) {
      tidiedMs = engine.clock.monotonicMs();
      await archiveIfDue(session);
      await tidyIfDue(session);
    }
    const done = await patience.bear(async () => {
      await lost.takeUp();
      await coordinator.adopt();
      shown = showWatched(engine, coordinator, tally, shown);
      while (await coordinator.round()) busyMs = engine.clock.monotonicMs();
      if (await finalizeTicked(session)) busyMs = engine.clock.monotonicMs();
      shown = showWatched(engine, coordinator, tally, shown);
    });
    if (done === "failed" && !request.signal.aborted) {
      await coordinator.wait(pollMs);
      continue;
    }
    if (request.isOnce && !coordinator.isGating) return "once";
    if (request.signal.aborted) return "signal";
    if (tally.isPermanent && settings.failure.onPermanentFailure === "stop") {
      engine.emit({ kind: "stopped_by_failure", id: tally.firstFailure ?? "" });
      return "failure";
    }
    // Runs of others count as well: when their coordinator dies, somebody has to be here.
    const isBusy =
      coordinator.active.length + coordinator.waiting.length > 0 ||
      lost.isWaiting ||
      (await hasForeignRuns(engine));
    if (isBusy) busyMs = engine.clock.monotonicMs();
    const idleMs = engine.clock.monotonicMs() - busyMs;
    const limitMs = settings.idleTimeoutMinutes * 60_000;
    if (limitMs > 0 && idleMs >= limitMs) {
      engine.emit({ kind: "idle_exit", idleMs });
      return "idle";
    }
    const leftMs = limitMs > 0 ? Math.max(10, limitMs - idleMs) : pollMs;
    await coordinator.wait(Math.min(pollMs, leftMs, lost.isWaiting ? lost.dueInMs : pollMs));
  }
}

async function hasForeignRuns(engine: Engine): Promise<boolean> {
  const records = [...(await readRecords(engine.places)).values()];
  return records.some((record) => !isForPerson(record) && !isOwn(record));
}

/** Says what is watched whenever that has changed, and once when it is nothing. */
function showWatched(
  engine: Engine,
  coordinator: Coordinator,
  tally: WatchTally,
  shown: string | undefined,
): string {
  const runs = [...coordinator.active, ...coordinator.waiting].filter(({ isOrphan }) => isOrphan !== true);
  const ids = runs.map(({ id }) => id).toSorted();
  const text = ids.join("\n");
  if (text !== shown) engine.emit({ kind: "watching", ids });
  if (text === "" && shown !== undefined && shown !== "") engine.emit({ kind: "all_done", ...tally.counts });
  return text;
}

/** What ended while it watched. */
class WatchTally {
  readonly #landed = new Set<SpecId>();
  readonly #attention = new Set<SpecId>();

  note(event: ChantEvent): void {
    if (event.kind === "landed") this.#landed.add(event.id);
    if (event.kind === "needs_attention") this.#attention.add(event.id);
  }

  get counts(): { readonly landed: number; readonly failed: number; readonly attention: number } {
    return { landed: this.#landed.size, failed: 0, attention: this.#attention.size };
  }

  get isPermanent(): boolean {
    return this.#attention.size > 0;
  }

  get firstFailure(): SpecId | undefined {
    return [...this.#attention][0];
  }

  summary(ended: WatchSummary["ended"], { reason }: AbortSignal): WatchSummary {
    return {
      landed: [...this.#landed],
      attention: [...this.#attention],
      ended,
      exitStatus: ended === "signal" ? endStatusOf(reason) : this.isPermanent ? 1 : 0,
    };
  }
}
