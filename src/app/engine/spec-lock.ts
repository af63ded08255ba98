import { join } from "node:path";
import type { SpecId } from "../../domain/id.ts";
import { effect } from "../../host/effects.ts";
import { createAtomic, makeFolder, readIfExists, removeFile, writeAtomic } from "../../host/files.ts";
import { identityOf, isAlive, type ProcessIdentity } from "../../host/identity.ts";
import type { Places } from "../../store/places.ts";
import type { RunRecord } from "./record.ts";

/**
 * The readable face of a run's ownership, `.chant/.locks/ID.lock`: the pid of the managing process on the first
 * line, then who it is. The truth is the run record; a lock that was deleted is made again, one that differs is
 * replaced by whoever owns the record.
 */
const lockFile = (places: Places, id: SpecId): string => join(places.locks, `${id}.lock`);

export async function writeSpecLock(
  places: Places,
  { id, owner, run, createdAtMs }: Pick<RunRecord, "id" | "owner" | "run" | "createdAtMs">,
): Promise<void> {
  const since = new Date(createdAtMs).toISOString();
  const text = `${owner.pid}\n${JSON.stringify({ ...owner, token: run, since })}\n`;
  const path = lockFile(places, id);
  // Looked at first: a watch sees to the lock of each run again and again.
  if ((await readIfExists(path)) === text) return;
  await effect("claim.lock", async () => {
    await makeFolder(places.locks);
    if (!(await createAtomic(path, text))) await writeAtomic(path, text);
  });
}

/** What a lock file says; a torn one, or one of another program, says no more than a pid, or not even that. */
export interface SpecLock {
  readonly pid: number;
  readonly owner?: ProcessIdentity;
  /** When the run began, after RFC 3339. */
  readonly since?: string;
}

export async function readSpecLock(places: Places, id: SpecId): Promise<SpecLock | undefined> {
  const text = await readIfExists(lockFile(places, id));
  return text === undefined ? undefined : parseLock(text);
}

export function parseLock(text: string): SpecLock {
  const [first = "", ...rest] = text.split("\n");
  const pid = /^\d+$/.test(first.trim()) ? Number(first) : 0;
  try {
    const said = JSON.parse(rest.join("\n")) as ProcessIdentity & { readonly since?: string };
    if (typeof said.startedAt !== "string" || typeof said.bootId !== "string") return { pid };
    const { since, host } = said;
    const owner = { pid: said.pid, startedAt: said.startedAt, bootId: said.bootId, host };
    return { pid, owner, ...(since === undefined ? {} : { since }) };
  } catch {
    return { pid };
  }
}

/** Tells whether the process that a lock names is gone for certain. */
export const isHolderGone = ({ pid, owner }: SpecLock): boolean =>
  owner === undefined ? identityOf(pid) === undefined : !isAlive(owner);

export async function removeSpecLock(places: Places, id: SpecId): Promise<void> {
  await effect("clean.lock", () => removeFile(lockFile(places, id)));
}
