import { createHash } from "node:crypto";
import { join } from "node:path";
import { effect } from "../../host/effects.ts";
import { makeFolder, removeEmptyFolder, removeFile, statIfExists } from "../../host/files.ts";
import { makeScratch, pointTo, removeScratch } from "../../git/scratch.ts";
import { freezeWorktree, makeShadow } from "../../git/shadow.ts";
import {
  addDetachedWorktree,
  checkOut,
  makeWorktreeFolder,
  removeDetachedWorktree,
} from "../../git/worktree.ts";
import type { Places } from "../../store/places.ts";
import { prepareFiles } from "../runner/prepare.ts";
import type { Engine } from "./engine.ts";
import { writeJson } from "./launch.ts";
import { readJson } from "./launch-files.ts";
import { leasePorts, releasePorts } from "./port-leases.ts";
import { newRunId } from "./record.ts";
import { requireTrusted } from "./trusted-config.ts";

/** Where gates run. */
export interface GatePlace {
  readonly path: string;
  readonly ports: readonly number[];
}

/** The same as written down before it is made, so that whoever comes after a kill clears it away. */
interface PlaceFile {
  readonly path: string;
  /** By which git's folder of it is named, and its ports are held. */
  readonly run: string;
  /** The folder is chant's own: it was not there before. */
  readonly isMade: boolean;
  readonly ports: readonly number[];
}

const placeFile = (places: Places): string => join(places.gates, "place.json");

const isWhole = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  "path" in value &&
  typeof value.path === "string" &&
  "run" in value &&
  /^[0-9a-z]+$/.test(String(value.run)) &&
  "isMade" in value &&
  "ports" in value &&
  Array.isArray(value.ports);

const shadowFolder = (places: Places): string => join(places.gates, "shadow");
const scratchFolder = (places: Places): string => join(places.gates, "scratch");

/** How long to wait for others that land, in milliseconds. */
const LAND_LOCK_WAIT_MS = 120_000;

/**
 * Makes a worktree with the files of a commit, and what a run's has besides. It is made anew each time: what ran there
 * before may have changed anything in it. The caller holds the lock of the gates.
 * @throws ChantError WORKTREE_FAILED; LANDING_WAITS when git would run what an agent configured
 */
export async function makeGatePlace(engine: Engine, commit: string): Promise<GatePlace> {
  const { repo, places, config, settings } = engine;
  await requireTrusted(engine);
  await makeFolder(places.gates);
  const run = newRunId();
  const file = placeFile(places);
  // No spec can be called that: nobody takes the folder for what is left of a run.
  const name = `gate_${createHash("sha256").update(repo.commonDir).digest("hex").slice(0, 8)}`;
  const write = (place: Omit<PlaceFile, "run">): Promise<void> => writeJson(file, { ...place, run });
  const path = await makeWorktreeFolder(config.worktree.root, name, run, (planned) =>
    write({ path: planned, isMade: false, ports: [] }),
  );
  await write({ path, isMade: true, ports: [] });
  const ports = await leasePorts(run, config.worktree.ports, [file]);
  await write({ path, isMade: true, ports });
  const worktree = await engine.landLock.hold(
    () => effect("gate.worktree", () => addDetachedWorktree(repo, settings, { path, run, commit })),
    { waitMs: LAND_LOCK_WAIT_MS },
  );
  await checkOut(worktree);
  const { copy, link } = config.worktree;
  const { excluded } = await prepareFiles({ id: name, repo, worktree, copy, link });
  // What runs there finds a git folder in which nothing lasts: its tags, branches and settings are not the user's.
  const shadow = await makeShadow(repo, shadowFolder(places), settings);
  await freezeWorktree(repo, shadow, worktree.adminDir, excluded);
  await makeScratch(repo, scratchFolder(places), { settings, head: commit, from: shadow });
  await pointTo(path, scratchFolder(places));
  return { path, ports };
}

/** Tells whether there is one, perhaps of a process that was killed. */
export const hasGatePlace = async (places: Places): Promise<boolean> =>
  (await statIfExists(placeFile(places))) !== undefined;

/**
 * Removes that worktree with all that was left in it. Safe to repeat; the caller holds the lock of the gates.
 * @param tearDown takes down what belongs to it beforehand
 */
export async function clearGatePlace(
  { repo, places }: Pick<Engine, "repo" | "places">,
  tearDown: (place: GatePlace) => Promise<void>,
): Promise<void> {
  const file = placeFile(places);
  // Of one that cannot be read nothing is known that would be safe to remove.
  const place = await readJson<PlaceFile>(file, isWhole).catch(() => undefined);
  if (place === undefined) return;
  if (place.isMade && (await statIfExists(place.path)) !== undefined) await tearDown(place);
  await effect("gate.clean", async () => {
    if (place.isMade) await removeDetachedWorktree(repo, place.run, place.path);
    else await removeEmptyFolder(place.path);
    for (const folder of [scratchFolder(places), shadowFolder(places)]) await removeScratch(folder);
    if (place.ports.length > 0) await releasePorts(place.run);
    await removeFile(file);
  });
}
