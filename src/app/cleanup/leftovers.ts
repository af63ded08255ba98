import { join } from "node:path";
import { isSpecId } from "../../domain/id.ts";
import { effect } from "../../host/effects.ts";
import { listIfExists, removeFile, statIfExists } from "../../host/files.ts";
import { listProgramCopies, removeProgramCopy } from "../../host/program-copies.ts";
import { isHolderGone, readSpecLock, removeSpecLock } from "../engine/spec-lock.ts";
import type { Session } from "../engine/session.ts";
import type { CleanupStep } from "./finding.ts";
import { isOver } from "./over.ts";

/** Finds locks whose holder is gone, of specs without a run. */
export async function findLocks({ engine }: Session): Promise<readonly CleanupStep[]> {
  const { places } = engine;
  const found: CleanupStep[] = [];
  for (const name of await listIfExists(places.locks)) {
    const id = name.slice(0, -".lock".length);
    if (!name.endsWith(".lock") || !isSpecId(id)) continue;
    const isStale = async (): Promise<boolean> => {
      const lock = await readSpecLock(places, id);
      return lock !== undefined && isHolderGone(lock) && (await isOver(engine, id));
    };
    if (!(await isStale())) continue;
    const path = join(places.locks, name);
    const bytes = (await statIfExists(path))?.size ?? 0;
    const apply = ({ engine: { kernelLock } }: Session): Promise<boolean> =>
      kernelLock.hold(async () => {
        if (!(await isStale())) return false;
        await removeSpecLock(places, id);
        return true;
      });
    found.push({ kind: "lock", name: path, id, bytes, why: "its holder is gone", what: "remove", apply });
  }
  return found;
}

/** A file that is written aside is renamed within moments; after so long its writer is gone, in milliseconds. */
const STRAY_MS = 60 * 60_000;

/** What `writeAtomic` and the likes write aside: a name that nobody else gives a file. */
const STRAY = /^\.tmp-[0-9a-f]{16}$|\.tmp-gz$/;

/** Returns a folder and those below it, as deep as `levels`. */
async function withFoldersBelow(folder: string, levels: number): Promise<readonly string[]> {
  if (levels === 0) return [folder];
  const names = await listIfExists(folder);
  const below = await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map((name) => withFoldersBelow(join(folder, name), levels - 1)),
  );
  return [folder, ...below.flat()];
}

/** Finds files that somebody wrote aside and was killed before they were in place. */
export async function findStrays({ engine }: Session): Promise<readonly CleanupStep[]> {
  const { repo, places, config, clock } = engine;
  const runs = (await listIfExists(places.work)).map((run) => join(places.work, run));
  const archive = await withFoldersBelow(join(repo.home, config.lifecycle.specs.archive.location), 2);
  const { chant, specs, prompts, logs, locks, own, records, splits, inbox, gates } = places;
  const found: CleanupStep[] = [];
  for (const folder of new Set([
    chant,
    specs,
    prompts,
    logs,
    locks,
    own,
    records,
    splits,
    inbox,
    gates,
    join(gates, "verdicts"),
    repo.gitDir,
    repo.commonDir,
    join(repo.commonDir, "info"),
    ...archive,
    ...runs,
  ])) {
    for (const name of await listIfExists(folder)) {
      if (!STRAY.test(name)) continue;
      const path = join(folder, name);
      const stat = await statIfExists(path);
      if (stat?.isFile() !== true || clock.nowMs() - stat.mtimeMs < STRAY_MS) continue;
      const apply = async (): Promise<boolean> => {
        await effect("cleanup.stray", () => removeFile(path));
        return true;
      };
      found.push({
        kind: "stray",
        name: path,
        bytes: stat.size,
        why: "never put in place",
        what: "remove",
        apply,
      });
    }
  }
  return found;
}

/** A chant that may start from its copy says so at least once a day. */
const UNUSED_MS = 7 * 24 * 60 * 60_000;

/** Finds copies of builds from which nobody starts any more. */
export async function findPrograms({ engine }: Session): Promise<readonly CleanupStep[]> {
  const isOld = ({ usedAtMs, isRunning }: { usedAtMs: number; isRunning: boolean }): boolean =>
    !isRunning && engine.clock.nowMs() - usedAtMs > UNUSED_MS;
  const copies = (await listProgramCopies()).filter(
    (copy) => isOld(copy) && copy.path !== engine.self.binFolder,
  );
  return copies.map(({ path, bytes }) => {
    const apply = async (): Promise<boolean> => {
      const now = (await listProgramCopies()).find((copy) => copy.path === path);
      if (now === undefined || !isOld(now)) return false;
      await effect("cleanup.program", () => removeProgramCopy(path));
      return true;
    };
    return { kind: "program", name: path, bytes, why: "not used for a week", what: "remove", apply };
  });
}
