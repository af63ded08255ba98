import type { SpecId } from "../../domain/id.ts";
import { effect } from "../../host/effects.ts";
import { isAlive, isSameProcess, ownIdentity } from "../../host/identity.ts";
import type { Places } from "../../store/places.ts";
import type { Engine } from "./engine.ts";
import { removeTree } from "../../host/files.ts";
import { undoWorktree } from "../../git/worktree.ts";
import {
  newRunId,
  readRecord,
  readWholeRecord,
  removeRecord,
  type RunRecord,
  runFolder,
  writeRecord,
} from "./record.ts";
import { removeSpecLock, writeSpecLock } from "./spec-lock.ts";

export type Claim =
  | { readonly kind: "claimed"; readonly record: RunRecord }
  /** Somebody else's: `record` says whose. */
  | { readonly kind: "busy"; readonly record: RunRecord };

export interface ClaimRequest {
  readonly id: SpecId;
  readonly title: string;
  readonly target: string;
  readonly branch: string;
  readonly agent: string;
  readonly isRotated: boolean;
  readonly model: string | undefined;
  readonly type: string;
  readonly prompt: string | undefined;
  readonly skipApproval: RunRecord["skipApproval"];
}

/** Makes this process the owner of a new run: record first, then the lock that a person can read. */
export async function claim(engine: Engine, requests: readonly ClaimRequest[]): Promise<readonly Claim[]> {
  if (requests.length === 0) return [];
  return engine.kernelLock.hold(async () => {
    const claims: Claim[] = [];
    for (const request of requests) {
      const there = await readRecord(engine.places, request.id);
      if (there !== undefined) {
        claims.push({ kind: "busy", record: there });
        continue;
      }
      const { model, prompt, skipApproval, isRotated, ...rest } = request;
      const record: RunRecord = {
        version: 1,
        run: newRunId(),
        phase: "claimed",
        owner: ownIdentity(),
        createdAtMs: engine.clock.nowMs(),
        attempt: 1,
        interruptions: 0,
        relaunches: 0,
        launch: 0,
        ...rest,
        ...(isRotated ? { isRotated } : {}),
        ...(model === undefined ? {} : { model }),
        ...(prompt === undefined ? {} : { prompt }),
        ...(skipApproval === undefined ? {} : { skipApproval }),
      };
      await effect("claim.record", () => writeRecord(engine.places, record));
      await writeSpecLock(engine.places, record);
      claims.push({ kind: "claimed", record });
    }
    return claims;
  });
}

/**
 * Makes this process the owner of a run whose coordinator is gone. Returns undefined when somebody else was first,
 * or when the coordinator lives.
 */
export async function takeOver(engine: Engine, found: RunRecord): Promise<RunRecord | undefined> {
  return engine.kernelLock.hold(async () => {
    const record = await readRecord(engine.places, found.id);
    if (record === undefined) return undefined;
    if (isOwn(record)) return record;
    // One that came after it, and is gone as well, may have left a landing in the middle.
    const isAsFound = record.run === found.run && isSameProcess(record.owner, found.owner);
    if (!isAsFound || isAlive(record.owner)) return undefined;
    const mine: RunRecord = { ...record, owner: ownIdentity() };
    await effect("claim.record", () => writeRecord(engine.places, mine));
    if (mine.phase !== "parked" && mine.phase !== "retrying") {
      await writeSpecLock(engine.places, mine);
    }
    return mine;
  });
}

/** Thrown at a coordinator whose run somebody has taken into their own hands: it lets go, and has changed nothing. */
export class LostRun extends Error {
  readonly id: SpecId;

  constructor(id: SpecId) {
    super(`${id} is in other hands now`);
    this.id = id;
  }
}

/**
 * Writes the record of a run that this process owns.
 * @throws LostRun
 */
export async function writeOwn(
  { places, kernelLock }: Pick<Engine, "places" | "kernelLock">,
  record: RunRecord,
): Promise<void> {
  await kernelLock.hold(async () => {
    if (!(await isStillOwn(places, record))) throw new LostRun(record.id);
    await writeRecord(places, record);
  });
}

/** Tells whether a run is there and this process's, by what its record says now. */
export async function isStillOwn(places: Places, { id, run }: RunRecord): Promise<boolean> {
  const there = await readWholeRecord(places, id);
  return there?.run === run && isOwn(there);
}

export const isOwn = (record: RunRecord): boolean => isSameProcess(record.owner, ownIdentity());

/**
 * Gives a claim back that led to nothing: no agent has run, and the spec is as it was. A start that went aside may
 * have got as far as a worktree. The caller holds the land lock where there may be one.
 */
export async function unclaim(engine: Engine, record: RunRecord): Promise<void> {
  const { run, worktree, branch, base } = record;
  if (worktree !== undefined && base !== undefined) {
    await undoWorktree(engine.repo, run, worktree, branch, base);
  }
  await removeTree(runFolder(engine.places, record));
  await removeSpecLock(engine.places, record.id);
  await forgetRun(engine, record);
}

/** Removes the record of a run that is over. Two may clear the same run away at once: that of the spec's next run stays. */
export async function forgetRun(
  { places, kernelLock }: Pick<Engine, "places" | "kernelLock">,
  { id, run }: RunRecord,
): Promise<void> {
  await kernelLock.hold(async () => {
    if ((await readWholeRecord(places, id))?.run !== run) return;
    await effect("clean.record", () => removeRecord(places, id));
  });
}
