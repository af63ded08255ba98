import { join } from "node:path";
import type { SpecId } from "../../domain/id.ts";
import { effect } from "../../host/effects.ts";
import { createAtomic, makeFolder, readIfExists, removeFile, writeAtomic } from "../../host/files.ts";
import type { ProcessIdentity } from "../../host/identity.ts";
import type { Places } from "../../store/places.ts";

/**
 * The readable face of a run's ownership, `.chant/.locks/ID.lock`: the pid of the managing process on the first
 * line, then who it is. The truth is the run record; a lock that was deleted is made again, one that differs is
 * replaced by whoever owns the record.
 */
const lockFile = (places: Places, id: SpecId): string => join(places.locks, `${id}.lock`);

export async function writeSpecLock(
  places: Places,
  id: SpecId,
  owner: ProcessIdentity,
  run: string,
): Promise<void> {
  const text = `${owner.pid}\n${JSON.stringify({ ...owner, run })}\n`;
  const path = lockFile(places, id);
  // Looked at first: a watch sees to the lock of each run again and again.
  if ((await readIfExists(path)) === text) return;
  await effect("claim.lock", async () => {
    await makeFolder(places.locks);
    if (!(await createAtomic(path, text))) await writeAtomic(path, text);
  });
}

export async function removeSpecLock(places: Places, id: SpecId): Promise<void> {
  await effect("clean.lock", () => removeFile(lockFile(places, id)));
}
