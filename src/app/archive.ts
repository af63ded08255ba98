import { join } from "node:path";
import { ChantError } from "../kit/errors.ts";
import { type ArchiveUnit, chooseArchive } from "../domain/archive.ts";
import type { ChantEvent } from "../domain/event.ts";
import { compareIds, type SpecId } from "../domain/id.ts";
import { isCutOff } from "../git/recover.ts";
import { parseDuration } from "../domain/period.ts";
import { isBroken } from "../domain/spec.ts";
import { readBytesIfExists, removeFile } from "../host/files.ts";
import { unpack } from "../store/archive-files.ts";
import { specPath } from "../store/places.ts";
import { finishLanding, homeTarget, requirePublished } from "./control.ts";
import { type ArchivePlace, archivePlace, archiveStep, unarchiveStep } from "./engine/archive-commit.ts";
import { publishCommit } from "./engine/mark.ts";
import { readRecords } from "./engine/record.ts";
import { openSession, type Session } from "./engine/session.ts";
import { onceADay } from "./once-a-day.ts";
import { knownIds, openArchive, requireId, type Workspace } from "./workspace.ts";

export interface ArchiveRequest {
  /** Parts of ids; none means everything that is old enough. */
  readonly ids: readonly string[];
  /** Only what was completed so long ago, in milliseconds; the configured retention when no ids are given either. */
  readonly olderThanMs?: number;
  /** Only says what would be archived. */
  readonly isDryRun: boolean;
}

export interface Archived {
  readonly specs: readonly { readonly id: SpecId; readonly title: string; readonly completedAt?: string }[];
  /** The folder, relative to the repository. */
  readonly location: string;
}

/**
 * Moves completed specs into the archive, in one commit.
 * @throws ChantError USAGE, SPEC_UNKNOWN, SPEC_AMBIGUOUS; STATUS_MOVE_REFUSED when a named one cannot go: then none does
 */
export async function archive(
  workspace: Workspace,
  request: ArchiveRequest,
  onEvent: (event: ChantEvent) => void,
): Promise<Archived> {
  if (!request.isDryRun && (await isCutOff(workspace.repo))) {
    // Until it is finished a spec may be in neither place: gone from the one, and not yet come to the other.
    using recovering = await openSession(workspace.repo, onEvent);
    await finishLanding(recovering);
  }
  const ids = await Promise.all(request.ids.map((partial) => requireId(workspace, partial)));
  await requireActive(workspace, ids);
  using session = await openSession(workspace.repo, onEvent);
  const { retention } = session.engine.config.lifecycle.specs;
  const olderThanMs = request.olderThanMs ?? (ids.length > 0 ? 0 : parseDuration(retention));
  if (olderThanMs === undefined) {
    throw new ChantError("USAGE", "Specs are kept forever here, and none was named.", {
      hint: "Say how old: chant archive --older-than 90d. Or set lifecycle.specs.retention in .chant/config.md.",
    });
  }
  return await archiveIn(session, { ids, olderThanMs, isDryRun: request.isDryRun });
}

/** @throws ChantError STATUS_MOVE_REFUSED for one that is nowhere but in the archive */
async function requireActive(workspace: Workspace, ids: readonly SpecId[]): Promise<void> {
  if (ids.length === 0) return;
  const [archived, known] = [await (await openArchive(workspace)).ids(), await knownIds(workspace)];
  const there = ids.find((id) => archived.has(id) && !known.includes(id));
  if (there === undefined) return;
  throw new ChantError("STATUS_MOVE_REFUSED", `${there} is in the archive already.`, {
    hint: `Look at it with: chant show ${there}. Nothing was archived.`,
  });
}

async function archiveIn(
  session: Session,
  { ids, olderThanMs, isDryRun }: { ids: readonly SpecId[]; olderThanMs: number; isDryRun: boolean },
): Promise<Archived> {
  const { engine, specsOf } = session;
  const target = await homeTarget(session);
  const place = await archivePlace(engine);
  let units: readonly ArchiveUnit[] = [];
  const choose = async (): Promise<readonly ArchiveUnit[]> => {
    const found = await chooseOnTarget(session, target, ids, engine.clock.nowMs() - olderThanMs);
    const [refused] = ids.length === 0 ? [] : found.refused;
    if (refused === undefined) return found.units;
    throw new ChantError("STATUS_MOVE_REFUSED", `${refused[0]} cannot be archived: ${refused[1]}.`, {
      hint: `Look at it with: chant why ${refused[0]}. Nothing was archived.`,
    });
  };
  if (isDryRun) {
    units = await choose();
  } else {
    const waits = await publishCommit(engine, target, specsOf(target), async (from) => {
      units = await choose();
      return units.length === 0 ? from : archiveStep(engine, from, place, units);
    });
    requirePublished(ids[0] ?? "The archive", waits);
  }
  const specs = units.flatMap((unit) => unit.specs);
  return {
    location: place.location,
    specs: specs.map(({ id, title, completedAt }) => ({
      id,
      title,
      ...(completedAt === undefined ? {} : { completedAt }),
    })),
  };
}

/** Chooses among what is the same on disk as on the target: an edit that is not committed keeps its spec where it is. */
async function chooseOnTarget(
  { engine, specsOf }: Session,
  target: string,
  ids: readonly SpecId[],
  untilMs: number,
): Promise<ReturnType<typeof chooseArchive>> {
  const { shown, onTarget } = await specsOf(target).read();
  const specs = new Map([...onTarget, ...shown]);
  const live = new Set((await readRecords(engine.places)).keys());
  const chosen = chooseArchive({ specs, live, untilMs, ...(ids.length === 0 ? {} : { ids }) });
  const refused = new Map(chosen.refused);
  const units = chosen.units.filter((unit) => {
    const edited = unit.specs.find(({ id, text }) => {
      const committed = onTarget.get(id);
      return committed === undefined || isBroken(committed) || committed.text !== text;
    });
    if (edited !== undefined) {
      refused.set(unit.id, `${specPath(edited.id)} has changes that are not committed`);
    }
    return edited === undefined;
  });
  // What stays may be needed by nobody: only its dependents matter, and they were looked at.
  return { units, refused };
}

/**
 * Archives what is due, where that is enabled, at most once in 24 hours. Never fails: what keeps it from archiving is
 * told as a warning, and tried again the next day.
 */
export async function archiveIfDue(session: Session): Promise<void> {
  const { engine } = session;
  const { retention, archive: settings } = engine.config.lifecycle.specs;
  const olderThanMs = parseDuration(retention);
  if (!settings.enabled || olderThanMs === undefined) return;
  await onceADay(engine, { stamp: "archived-at", failed: "Nothing was archived" }, async () => {
    const { specs, location } = await archiveIn(session, { ids: [], olderThanMs, isDryRun: false });
    if (specs.length > 0) engine.emit({ kind: "archived", ids: specs.map(({ id }) => id), location });
  });
}

/**
 * Brings an archived spec back, with all that went into the archive with it.
 * @throws ChantError SPEC_UNKNOWN when its file is not in this clone, FILE_REFUSED
 */
export async function restoreArchived(
  workspace: Workspace,
  id: SpecId,
  isDryRun: boolean,
  onEvent: (event: ChantEvent) => void,
): Promise<readonly SpecId[]> {
  const files = await openArchive(workspace);
  const top = id.split(".")[0] ?? id;
  const group = [...(await files.ids())].filter((each) => each === top || each.startsWith(`${top}.`));
  using session = await openSession(workspace.repo, onEvent);
  const { engine, specsOf } = session;
  const place = await archivePlace(engine);
  const specs = new Map<SpecId, { path: string; bytes: Buffer }>();
  for (const each of group.toSorted(compareIds)) {
    specs.set(each, await archivedBytes(engine.repo.home, place, each, files));
  }
  if (isDryRun) return [...specs.keys()];
  const target = await homeTarget(session);
  const waits = await publishCommit(engine, target, specsOf(target), (from) =>
    unarchiveStep(engine, from, place, specs),
  );
  requirePublished(id, waits);
  // Where git ignores the archive, the commit did not remove them; what they hold is in it now.
  for (const { path } of place.isIgnored ? specs.values() : []) {
    await removeFile(join(engine.repo.home, place.location, path));
  }
  return [...specs.keys()];
}

async function archivedBytes(
  home: string,
  { location }: ArchivePlace,
  id: SpecId,
  files: Awaited<ReturnType<typeof openArchive>>,
): Promise<{ path: string; bytes: Buffer }> {
  const path = await files.pathOf(id);
  const bytes = path === undefined ? undefined : await readBytesIfExists(join(home, location, path));
  if (path === undefined || bytes === undefined) {
    throw new ChantError("SPEC_UNKNOWN", `The archived file of ${id} is not in this clone.`, {
      hint: `Its text is in git's history: git log --diff-filter=D -p -- ${specPath(id)}`,
    });
  }
  return { path, bytes: path.endsWith(".gz") ? unpack(bytes) : bytes };
}
