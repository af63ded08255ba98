import { join } from "node:path";
import { isSpecId, type SpecId } from "../../domain/id.ts";
import { isChantError } from "../../kit/errors.ts";
import { listIfExists, readIfExists, removeFile } from "../../host/files.ts";
import { isAlive } from "../../host/identity.ts";
import type { Places } from "../../store/places.ts";
import { clearGates } from "./gate-run.ts";
import { readRecord } from "./record.ts";
import type { Session } from "./session.ts";
import { parseLock } from "./spec-lock.ts";
import { recoverTrusted } from "./trusted-config.ts";

/** What a watch does once when it starts: the landing that was cut off, and locks that belong to nothing. */
export async function recoverAtStart({ engine }: Session): Promise<void> {
  // What is in the way is told, and tried again, when runs are taken over.
  await engine.landLock
    .hold(() => recoverTrusted(engine), { waitMs: 120_000 })
    .catch((error: unknown) => {
      if (!isChantError(error, "LANDING_WAITS")) throw error;
    });
  await clearGates(engine);
  await engine.kernelLock.hold(async () => {
    for (const { id, path, pid } of await staleLocks(engine.places)) {
      await removeFile(path);
      engine.emit({ kind: "stale_lock_removed", id, pid });
    }
  });
}

/** Returns the readable locks that no run and no living process stands behind. */
export async function staleLocks(
  places: Places,
): Promise<readonly { readonly id: SpecId; readonly path: string; readonly pid: number }[]> {
  const stale: { id: SpecId; path: string; pid: number }[] = [];
  for (const name of await listIfExists(places.locks)) {
    const id = name.replace(/\.lock$/, "");
    if (!name.endsWith(".lock") || !isSpecId(id)) continue;
    // What holds it, a torn record cannot tell.
    const record = await readRecord(places, id).catch((error: unknown) => {
      if (isChantError(error, "FILE_REFUSED")) return "torn" as const;
      throw error;
    });
    if (record === "torn") continue;
    if (record !== undefined && record.phase !== "parked" && record.phase !== "retrying") continue;
    const path = join(places.locks, name);
    const lock = parseLock((await readIfExists(path)) ?? "");
    if (lock.owner === undefined || !isAlive(lock.owner)) stale.push({ id, path, pid: lock.pid });
  }
  return stale;
}
