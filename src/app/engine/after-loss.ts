import { join } from "node:path";
import { effect } from "../../host/effects.ts";
import { listIfExists, readIfExists, statIfExists, writeAtomic } from "../../host/files.ts";
import { isAlive, ownIdentity } from "../../host/identity.ts";
import { parseCommit } from "../../git/commit.ts";
import { putAsideTorn } from "../../git/loose-object.ts";
import { keepSnapshot } from "../../git/snapshot.ts";
import { readablePath } from "../../git/tree.ts";
import type { Engine } from "./engine.ts";
import { endFile, type LaunchEnd, writeJson } from "./launch.ts";
import { mendRun, mendWorktree } from "./mend-run.ts";
import { readRecord, readRecords, type RunRecord, runFolder, writeRecord } from "./record.ts";

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
      // One that was carried since the start began after it, or was mended by whoever took it over; its agent may be at work.
      if (isAlive(record.owner) || record.owner.bootId === bootId) continue;
      const held = await mendWorktree(engine, record);
      const mended = await mendRun(engine, record, (next) => write(engine, record, next));
      if (held !== undefined) await doubt(engine, mended, held);
    }
    await writeAtomic(mark, bootId);
  };
  await landLock.hold(mend, { waitMs: LAND_LOCK_WAIT_MS });
}

/**
 * Ends the launch of a run whose worktree holds what no commit does: the disk may have kept but a part of that, so whatever
 * its agent had come to is not judged, and it looks once more. A person's own judgement of it stands.
 */
async function doubt(engine: Engine, record: RunRecord, tree: string): Promise<void> {
  const { reader, trees, places, repo } = engine;
  const { id, phase, launch, adminDir, base, judgeOnly } = record;
  const file = endFile(runFolder(places, record), launch);
  const isOpen = phase === "running" && judgeOnly === undefined && (await statIfExists(file)) === undefined;
  const tip = adminDir === undefined || !isOpen ? undefined : (await reader.head(adminDir)).commit;
  if (tip === undefined) return;
  const committed = parseCommit((await reader.require(tip)).content).tree;
  const paths = (await trees.diff(committed, tree)).map(({ path }) => readablePath(path));
  const [first] = paths;
  if (first === undefined) return;
  const why = `What was in the worktree of ${id} when the machine lost its power.`;
  const kept = { tree, parents: [tip], reason: why, since: base };
  const snapshot = await keepSnapshot(repo, id, kept, engine.signature());
  const more = paths.length > 1 ? ` and ${paths.length - 1} more` : "";
  const reason = `the machine lost its power, and of what was not committed (${first}${more}) it may have kept but a part`;
  const verdict = { kind: "interrupted", reason } as const;
  const end: LaunchEnd = { version: 1, agent: { kind: "unknown" }, verdict, tip, commits: [], snapshot };
  await effect("runner.end", () => writeJson(file, end));
}

/** Writes it unless somebody has taken it over since. */
async function write({ places, kernelLock }: Engine, found: RunRecord, mended: RunRecord): Promise<void> {
  await kernelLock.hold(async () => {
    const now = await readRecord(places, found.id);
    if (now?.run !== found.run || isAlive(now.owner)) return;
    await effect("park.record", () => writeRecord(places, mended));
  });
}
