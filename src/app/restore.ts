import { join } from "node:path";
import type { ChantEvent } from "../domain/event.ts";
import { compareIds, isSpecId, resolveId, type SpecId } from "../domain/id.ts";
import { markedText, restoreMark } from "../domain/mark.ts";
import { isBroken, parseSpec } from "../domain/spec.ts";
import { requireMove, type Status } from "../domain/status.ts";
import { ChantError } from "../kit/errors.ts";
import { decodeUtf8 } from "../kit/utf8.ts";
import { effect } from "../host/effects.ts";
import { createAtomic, makeFolder } from "../host/files.ts";
import { lastVersion, removedFiles } from "../git/file-history.ts";
import type { ObjectReader } from "../git/object-reader.ts";
import { branchOfHead, type Repository } from "../git/repository.ts";
import { idsWithSnapshots, listSnapshots } from "../git/snapshot.ts";
import { SPEC_FOLDER, specPath } from "../store/places.ts";
import { restoreArchived } from "./archive.ts";
import { readArchived } from "./archived.ts";
import { homeTarget, requirePublished, requireSpec } from "./control.ts";
import { publishMarks } from "./engine/mark.ts";
import { carrierOf, readRecord } from "./engine/record.ts";
import { openSession, type Session } from "./engine/session.ts";
import { untickFile } from "./tick-file.ts";
import { knownIds, openArchive, requireInitialised, type Workspace } from "./workspace.ts";

/** What came back, or with a dry run would. */
export interface Restored {
  readonly id: SpecId;
  readonly from: "cancelled" | "deleted" | "archived";
  readonly status: Status;
  /** All that came back with it from the archive. */
  readonly group?: readonly SpecId[];
}

/**
 * Brings a spec back: one that is cancelled is pending again, with empty boxes if it had been completed; of one whose file was removed, the last version on the
 * target comes back, pending, or completed if it was, as its work is there still; an archived one as it was, with its
 * group.
 */
export async function restore(
  workspace: Workspace,
  partial: string,
  isDryRun: boolean,
  onEvent: (event: ChantEvent) => void,
): Promise<Restored> {
  const id = await resolveLost(workspace, partial);
  const archive = await openArchive(workspace);
  if ((await archive.ids()).has(id) && !(await knownIds(workspace)).includes(id)) {
    const { status } = await readArchived(workspace, archive, id);
    const group = await restoreArchived(workspace, id, isDryRun, onEvent);
    return { id, from: "archived", status: status === "cancelled" ? status : "completed", group };
  }
  using session = await openSession(workspace.repo, onEvent);
  const target = await homeTarget(session);
  const { shown, onTarget } = await session.specsOf(target).read();
  const isThere =
    shown.has(id) || onTarget.has(id) || (await readRecord(session.engine.places, id)) !== undefined;
  return isThere
    ? await restoreCancelled(session, target, id, isDryRun)
    : await restoreDeleted(session, target, id, isDryRun);
}

async function restoreCancelled(
  session: Session,
  target: string,
  id: SpecId,
  isDryRun: boolean,
): Promise<Restored> {
  const { engine, specsOf } = session;
  const spec = await requireSpec(session, target, id);
  const status = requireMove(id, spec.status, "restore");
  const record = await readRecord(engine.places, id);
  if (record !== undefined && record.phase !== "parked") {
    throw new ChantError(
      "SPEC_BUSY",
      `${id} has a run that is not cleared away yet, by ${carrierOf(record)}.`,
      {
        hint: `See where it stands: chant why ${id}. A run whose process is gone is cleared away by: chant watch --once`,
      },
    );
  }
  if (!isDryRun) {
    const mark = restoreMark(spec, status);
    requirePublished(id, await publishMarks(engine, target, specsOf(target), [mark]));
    // A box that was ticked on disk and not committed would count for the next run as well.
    if (mark.isUnticked === true) await untickFile(join(engine.places.specs, `${id}.md`));
  }
  return { id, from: "cancelled", status };
}

async function restoreDeleted(
  session: Session,
  target: string,
  id: SpecId,
  isDryRun: boolean,
): Promise<Restored> {
  const { engine, specsOf } = session;
  const { repo, reader } = engine;
  const path = specPath(id);
  const isSilent = repo.isSilent === true;
  const bytes = isSilent ? await lastKept(repo, reader, id) : await lastVersion(repo, reader, target, path);
  const text = bytes === undefined ? undefined : decodeUtf8(bytes);
  const spec = text === undefined ? undefined : parseSpec(id, text);
  if (text === undefined || spec === undefined || isBroken(spec)) {
    const why =
      text !== undefined
        ? "was broken when it was deleted"
        : isSilent
          ? "is in no snapshot"
          : "is not in the history of this branch";
    throw new ChantError("SPEC_UNKNOWN", `${id} ${why}, so it cannot be brought back.`, {
      hint: isSilent
        ? "In a silent project what was removed without chant is in no commit."
        : `Look for it with: git log --all -- ${path}`,
    });
  }
  const status: Status = spec.status === "completed" ? "completed" : "pending";
  if (isDryRun) return { id, from: "deleted", status };
  const mark = restoreMark(spec, status);
  const folder = engine.places.specs;
  await makeFolder(folder);
  if (mark.changes !== "remove") {
    const whole = markedText(text, { changes: mark.changes, isUnticked: mark.isUnticked });
    // A file that somebody puts there at this moment is theirs.
    await effect("spec.add", () => createAtomic(join(folder, `${id}.md`), whole));
  }
  requirePublished(id, await publishMarks(engine, target, specsOf(target), [mark]));
  return { id, from: "deleted", status };
}

/** Returns a spec as the newest snapshot has it: in a silent project no commit of the user's does. */
async function lastKept(repo: Repository, reader: ObjectReader, id: SpecId): Promise<Buffer | undefined> {
  for (const { commit } of (await listSnapshots(repo, id)).toReversed()) {
    const blob = await reader.read(`${commit}:${specPath(id)}`);
    if (blob?.type === "blob") return blob.content;
  }
  return undefined;
}

/**
 * Returns the spec that a part of an id means, also one whose file is gone or in the archive.
 * @throws ChantError SPEC_UNKNOWN, SPEC_AMBIGUOUS
 */
export async function resolveLost(workspace: Workspace, partial: string): Promise<SpecId> {
  await requireInitialised(workspace);
  const known = await knownIds(workspace);
  if (known.some((id) => id.includes(partial))) return resolveId(partial, known);
  const { repo } = workspace;
  const target = await branchOfHead(repo.gitDir);
  const [archived, removed, kept] = await Promise.all([
    openArchive(workspace).then((archive) => archive.ids()),
    target === undefined ? [] : removedFiles(repo, target, SPEC_FOLDER),
    idsWithSnapshots(repo),
  ]);
  const ids = removed.flatMap((path) => {
    const id = path.slice(SPEC_FOLDER.length + 1).replace(/\.md$/, "");
    return path.endsWith(".md") && isSpecId(id) ? [id] : [];
  });
  return resolveId(partial, [...new Set([...known, ...archived, ...ids, ...kept])].toSorted(compareIds));
}
