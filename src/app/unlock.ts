import type { SpecId } from "../domain/id.ts";
import { isAlive } from "../host/identity.ts";
import { KernelLock } from "../host/kernel-lock.ts";
import { ChantError } from "../kit/errors.ts";
import type { Places } from "../store/places.ts";
import { readRecord } from "./engine/record.ts";
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

/**
 * Removes the lock of a spec whose holder is gone for certain. The lock only informs: who may work on a spec is in the
 * run's record, so this is looked at as well, and both while nobody else can change them.
 * @throws ChantError SPEC_BUSY when the holder lives, or is on another machine
 */
export async function unlock(workspace: Workspace, partial: string): Promise<Unlocked> {
  const id = await requireId(workspace, partial);
  const { places } = workspace;
  using kernelLock = new KernelLock(places.kernelLock);
  return await kernelLock.hold(() => unlockHeld(places, id));
}

async function unlockHeld(places: Places, id: SpecId): Promise<Unlocked> {
  const [lock, record] = await Promise.all([readSpecLock(places, id), readRecord(places, id)]);
  const isRunning = record !== undefined && record.phase !== "parked" && record.phase !== "retrying";
  if (isRunning && isAlive(record.owner)) throw held(id, { pid: record.owner.pid, owner: record.owner });
  if (lock !== undefined && !isHolderGone(lock)) throw held(id, lock);
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

function held(id: SpecId, { pid, owner, since }: SpecLock): ChantError {
  const where = owner === undefined ? "" : ` on ${owner.host}`;
  const when = since === undefined ? "" : ` since ${since}`;
  return new ChantError(
    "SPEC_BUSY",
    `${id} is locked${when} by process ${pid}${where}, which is not known to be gone.`,
    {
      hint: `Its lock was left as it is. To stop its run: chant pause ${id}, or chant cancel ${id}`,
    },
  );
}
