import { dirname, join } from "node:path";
import { ChantError, isChantError } from "../kit/errors.ts";
import { resolveId, type SpecId } from "../domain/id.ts";
import { realPath, statIfExists } from "../host/files.ts";
import { findRepository, type Repository } from "../git/repository.ts";
import { ArchiveFiles } from "../store/archive-files.ts";
import { archiveLocation } from "../store/config.ts";
import { type Places, placesOf } from "../store/places.ts";
import { listSpecIds } from "../store/spec-files.ts";
import { readLaunch } from "./engine/launch-files.ts";
import { readRecords, runFolder } from "./engine/record.ts";

/** One repository as the person or agent who runs chant sees it. */
export interface Workspace {
  /** Its `home` is the checkout where the user works, also when chant runs inside a run's worktree. */
  readonly repo: Repository;
  readonly places: Places;
  /** The run in whose worktree chant was started, if any. */
  readonly inside?: { readonly id: SpecId; readonly worktree: string };
}

/**
 * Finds the repository around `cwd`. Inside the worktree of a run, home is where that run came from.
 * @throws ChantError NOT_A_REPOSITORY
 */
export async function openWorkspace(cwd: string, env: NodeJS.ProcessEnv): Promise<Workspace> {
  const found = await findRepository(cwd);
  const inside = (await insideByEnvironment(found, env)) ?? (await insideByRecord(found));
  const repo = inside?.repo ?? found;
  const places = placesOf(repo.home, repo.commonDir);
  await requireInsideRepository(places.chant, repo.home);
  if (inside === undefined) return { repo, places };
  return { repo, places, inside: { id: inside.id, worktree: found.home } };
}

/** A link may lead chant to files of somebody else: `.chant` and its folders stay within the checkout. */
async function requireInsideRepository(chant: string, home: string): Promise<void> {
  for (const path of [
    chant,
    join(chant, "specs"),
    join(chant, "logs"),
    join(chant, ".locks"),
    join(chant, ".store"),
  ]) {
    if ((await statIfExists(path))?.isSymbolicLink() !== true) continue;
    const target = await realPath(path).catch(() => undefined);
    if (target?.startsWith(`${home}/`) === true) continue;
    throw new ChantError("FILE_REFUSED", `${path} is a link that leads out of the repository.`, {
      hint: "Put a real folder in its place. Nothing was changed.",
    });
  }
}

interface Inside {
  readonly id: SpecId;
  readonly repo: Repository;
}

/** An agent is told where it is. */
async function insideByEnvironment(found: Repository, env: NodeJS.ProcessEnv): Promise<Inside | undefined> {
  const { CHANT_HOME: home, CHANT_WORKTREE: worktree, CHANT_SPEC_ID: id } = env;
  if (home === undefined || worktree === undefined || id === undefined) return undefined;
  const isHere = (await realPath(worktree).catch(() => undefined)) === found.home;
  return isHere ? { id, repo: await findRepository(home) } : undefined;
}

/** A person who looks into a worktree is not; the main checkout can never be one. */
async function insideByRecord(found: Repository): Promise<Inside | undefined> {
  if (found.gitDir === found.commonDir) return undefined;
  const places = placesOf(found.home, found.commonDir);
  for (const record of (await readRecords(places)).values()) {
    if (record.worktree !== found.home || record.launch === 0) continue;
    const launch = await readLaunch(runFolder(places, record), record.launch);
    if (launch !== undefined) return { id: record.id, repo: launch.repo };
  }
  return undefined;
}

/** @throws ChantError NOT_INITIALISED when chant was never set up here. */
export async function requireInitialised({ places, repo }: Workspace): Promise<void> {
  if ((await statIfExists(places.chant)) !== undefined) return;
  throw new ChantError("NOT_INITIALISED", `${repo.home} has no ${join(".chant", "")} folder yet.`, {
    hint:
      repo.isSilent === true && repo.gitDir !== repo.commonDir
        ? `This project is silent: it has its .chant in the main checkout alone, ${dirname(repo.commonDir)}`
        : "Set chant up here with: chant init",
  });
}

/** Returns the ids of all specs that chant knows here: on disk, and those whose run is not over. */
export async function knownIds({ places }: Workspace): Promise<readonly SpecId[]> {
  const records = await readRecords(places);
  return [...new Set([...(await listSpecIds(places.specs)), ...records.keys()])];
}

/** The archived specs of a repository, as the user's checkout has them. */
export async function openArchive({ repo, places }: Workspace): Promise<ArchiveFiles> {
  return new ArchiveFiles(join(repo.home, await archiveLocation(places)));
}

/**
 * Returns the spec that a part of an id means. Only what none of the others has is looked for in the archive: what
 * was enough to name a spec stays enough, however long the archive grows.
 * @throws ChantError NOT_INITIALISED, SPEC_UNKNOWN, SPEC_AMBIGUOUS
 */
export async function requireId(workspace: Workspace, partial: string): Promise<SpecId> {
  await requireInitialised(workspace);
  try {
    return resolveId(partial, await knownIds(workspace));
  } catch (error) {
    if (!isChantError(error, "SPEC_UNKNOWN")) throw error;
    const archived = await (await openArchive(workspace)).ids();
    // Without an archive the first answer is the better one: it knows of similar ids.
    if (archived.size === 0) throw error;
    return resolveId(partial, archived);
  }
}

/**
 * Returns the specs that some parts of ids mean, each once.
 * @throws ChantError NOT_INITIALISED, SPEC_UNKNOWN, SPEC_AMBIGUOUS
 */
export async function requireIds(
  workspace: Workspace,
  partials: readonly string[],
): Promise<readonly SpecId[]> {
  await requireInitialised(workspace);
  const known = await knownIds(workspace);
  return [...new Set(partials.map((partial) => resolveId(partial, known)))];
}
