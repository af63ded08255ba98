import { join } from "node:path";
import { effect } from "../../host/effects.ts";
import { listIfExists, readIfExists, statIfExists, writeAtomic } from "../../host/files.ts";
import { isAlive, ownIdentity } from "../../host/identity.ts";
import { putAsideTorn } from "../../git/loose-object.ts";
import type { Engine } from "./engine.ts";
import { mendRun, mendWorktree } from "./mend-run.ts";
import { readRecord, readRecords, type RunRecord, writeRecord } from "./record.ts";

/** A clock that was set back is no reason to overlook what was written since, in milliseconds. */
const CLOCK_SLACK_MS = 24 * 3_600_000;

/** How long to wait for others that land, in milliseconds. */
const LAND_LOCK_WAIT_MS = 120_000;

/**
 * Once after each start of the machine, before anything of a run is read: what a loss of power has torn of git's objects is
 * put aside, and each run that it has cost a commit goes back to the last one that is whole. Done again from its beginning
 * when it is cut off.
 */
export async function mendAfterLoss(engine: Engine): Promise<void> {
  const { places, repo, landLock } = engine;
  const mark = join(places.own, "boot");
  const { bootId } = ownIdentity();
  const before = await readIfExists(mark);
  if (before === bootId) return;
  const hasRuns = (await listIfExists(places.records)).length + (await listIfExists(places.work)).length > 0;
  if (!hasRuns) return writeAtomic(mark, bootId);
  const mend = async (): Promise<void> => {
    if ((await readIfExists(mark)) === bootId) return;
    const lookedMs = before === undefined ? 0 : ((await statIfExists(mark))?.mtimeMs ?? 0);
    await putAsideTorn(repo, places.torn, lookedMs - CLOCK_SLACK_MS);
    for (const record of (await readRecords(places)).values()) {
      // One that is carried already began after the start, or was mended by whoever took it over.
      if (isAlive(record.owner)) continue;
      await mendWorktree(engine, record);
      await mendRun(engine, record, (mended) => write(engine, record, mended));
    }
    await writeAtomic(mark, bootId);
  };
  await landLock.hold(mend, { waitMs: LAND_LOCK_WAIT_MS });
}

/** Writes it unless somebody has taken it over since. */
async function write({ places, kernelLock }: Engine, found: RunRecord, mended: RunRecord): Promise<void> {
  await kernelLock.hold(async () => {
    const now = await readRecord(places, found.id);
    if (now?.run !== found.run || isAlive(now.owner)) return;
    await effect("park.record", () => writeRecord(places, mended));
  });
}
