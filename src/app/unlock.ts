import type { SpecId } from "../domain/id.ts";
import { delay } from "../host/clock.ts";
import { BEAT_MS } from "../host/heartbeat.ts";
import { isAlive, type ProcessIdentity } from "../host/identity.ts";
import { KernelLock } from "../host/kernel-lock.ts";
import { ChantError } from "../kit/errors.ts";
import type { Places } from "../store/places.ts";
import { beatsOf, declareGone, foreignOf, isForeign } from "./engine/foreign.ts";
import { readRecord, type RunRecord } from "./engine/record.ts";
import { isHolderGone, readSpecLock, removeSpecLock, type SpecLock } from "./engine/spec-lock.ts";
import { requireId, type Workspace } from "./workspace.ts";

/** Whose lock it was. */
export interface Unlocked {
  readonly id: SpecId;
  /** Undefined when there was none. */
  readonly lock?: { readonly pid: number; readonly host?: string; readonly since?: string };
  /** A run is there that goes on with the watch, or the next work. */
  readonly hasRun: boolean;
}

export interface UnlockOptions {
  /** How long to look for a sign of life of a process that cannot be looked at from here, in milliseconds. */
  readonly watchMs?: number;
  /** Told before that looking begins. */
  readonly onWatch?: (who: ProcessIdentity, watchMs: number) => void;
}

/**
 * Removes the lock of a spec whose holder is gone for certain. The lock only informs: who may work on a spec is in the
 * run's record, so this is looked at as well, and both while nobody else can change them. A holder in another
 * container or on another machine cannot be looked at: a person who asks says that it is gone, and chant looks for its
 * heartbeat for a while before it believes that.
 * @throws ChantError SPEC_BUSY when the holder lives
 */
export async function unlock(
  workspace: Workspace,
  partial: string,
  { watchMs = 2.5 * BEAT_MS, onWatch = () => {} }: UnlockOptions = {},
): Promise<Unlocked> {
  const id = await requireId(workspace, partial);
  const { places } = workspace;
  const [lock, record] = await Promise.all([readSpecLock(places, id), readRecord(places, id)]);
  const foreign = [
    ...(record === undefined ? [] : await foreignOf(places, record)),
    ...(lock?.owner !== undefined && isForeign(lock.owner) ? [lock.owner] : []),
  ];
  const [first] = foreign;
  if (first !== undefined) {
    onWatch(first, watchMs);
    const before = await beatsOf(places, foreign);
    await delay(watchMs);
    if ((await beatsOf(places, foreign)) !== before) throw held(id, { pid: first.pid, owner: first }, true);
  }
  using kernelLock = new KernelLock(places.kernelLock);
  return await kernelLock.hold(() => unlockHeld(places, id, record, foreign.length > 0));
}

async function unlockHeld(
  places: Places,
  id: SpecId,
  seen: RunRecord | undefined,
  isForeignGone: boolean,
): Promise<Unlocked> {
  const [lock, record] = await Promise.all([readSpecLock(places, id), readRecord(places, id)]);
  const isSame = record?.run === seen?.run && record?.launch === seen?.launch;
  const isRunning = record !== undefined && record.phase !== "parked" && record.phase !== "retrying";
  const isBelieved = (who: ProcessIdentity): boolean => isForeignGone && isSame && isForeign(who);
  if (isRunning && isAlive(record.owner) && !isBelieved(record.owner)) {
    throw held(id, { pid: record.owner.pid, owner: record.owner });
  }
  const isLockGone =
    lock === undefined || isHolderGone(lock) || (lock.owner !== undefined && isBelieved(lock.owner));
  if (!isLockGone) throw held(id, lock);
  if (record !== undefined && isForeignGone && isSame) await declareGone(places, record);
  if (lock !== undefined) await removeSpecLock(places, id);
  const { owner, ...said } = lock ?? {};
  return {
    id,
    ...(lock === undefined
      ? {}
      : { lock: { pid: lock.pid, ...said, ...(owner === undefined ? {} : { host: owner.host }) } }),
    hasRun: record !== undefined && record.phase !== "parked",
  };
}

function held(id: SpecId, { pid, owner, since }: SpecLock, hasBeat = false): ChantError {
  const where = owner === undefined ? "" : ` on ${owner.host}`;
  const when = since === undefined ? "" : ` since ${since}`;
  return new ChantError(
    "SPEC_BUSY",
    `${id} is locked${when} by process ${pid}${where}, which ${hasBeat ? "gives signs of life" : "is not known to be gone"}.`,
    {
      hint: `Its lock was left as it is. To stop its run: chant pause ${id}, or chant cancel ${id}`,
    },
  );
}
