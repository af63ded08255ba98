import { join } from "node:path";
import type { ChantEvent } from "../domain/event.ts";
import { driversAbove } from "../domain/group.ts";
import { resolveId, type SpecId } from "../domain/id.ts";
import { reopenMark } from "../domain/mark.ts";
import { type BrokenSpec, isBroken, type Spec } from "../domain/spec.ts";
import { ChantError } from "../kit/errors.ts";
import { readIfExists, removeFile } from "../host/files.ts";
import { KernelLock } from "../host/kernel-lock.ts";
import { createMember, SpecFiles } from "../store/spec-files.ts";
import { finishSplits } from "../store/split-files.ts";
import { homeTarget, requirePublished } from "./control.ts";
import { publishMarks } from "./engine/mark.ts";
import { carrierOf, readRecord } from "./engine/record.ts";
import { openSession } from "./engine/session.ts";
import { knownIds, type Workspace } from "./workspace.ts";

/** A member that was added, and the drivers that were completed and are open again for it, nearest first. */
export interface MemberAdded {
  readonly id: SpecId;
  readonly reopened: readonly SpecId[];
}

/**
 * Writes a new member of a driver under its next free number. Completed drivers above it are opened again: the file is
 * there first, so that no landing at that moment completes them without it, and goes when they cannot be opened.
 * @throws ChantError SPEC_UNKNOWN, SPEC_AMBIGUOUS, SPEC_BROKEN, SPEC_BUSY, STATUS_MOVE_REFUSED with nothing written
 */
export async function addMember(
  workspace: Workspace,
  partial: string,
  text: string,
  onEvent: (event: ChantEvent) => void,
): Promise<MemberAdded> {
  const { places } = workspace;
  using lock = new KernelLock(places.kernelLock);
  const id = await lock.hold(async () => {
    await finishSplits(places);
    const driver = await requireDriver(workspace, partial);
    return createMember(places.specs, driver.id, await knownIds(workspace), text);
  });
  const path = join(places.specs, `${id}.md`);
  try {
    return { id, reopened: await reopenDrivers(workspace, id, onEvent) };
  } catch (error) {
    if ((await readIfExists(path)) === text) await removeFile(path);
    throw error;
  }
}

/**
 * Returns the spec that is to have members. One that is being worked itself would land without them.
 * @throws ChantError
 */
export async function requireDriver(workspace: Workspace, partial: string): Promise<Spec> {
  const { places } = workspace;
  const id = resolveId(partial, await knownIds(workspace));
  const spec = await new SpecFiles(places.specs).get(id);
  if (spec === undefined) {
    throw new ChantError(
      "SPEC_UNKNOWN",
      `The file of ${id} is not in this checkout, so it gets no members.`,
      {
        hint: `See where it stands: chant why ${id}. Nothing was written.`,
      },
    );
  }
  requireReadable(spec);
  if (spec.status === "cancelled") {
    throw new ChantError("STATUS_MOVE_REFUSED", `${id} is cancelled, so it gets no members.`, {
      hint: `Set "status: pending" in .chant/specs/${id}.md first, or choose another spec. Nothing was written.`,
    });
  }
  const record = await readRecord(places, id);
  if (record !== undefined) {
    throw new ChantError(
      "SPEC_BUSY",
      `${id} has a run of its own, by ${carrierOf(record)}, and would be completed without the new member.`,
      {
        hint: `Wait until it has landed, or give the run up: chant reset ${id}. Nothing was written.`,
      },
    );
  }
  return spec;
}

function requireReadable(spec: Spec | BrokenSpec): asserts spec is Spec {
  if (!isBroken(spec)) return;
  const { id, line, column, message } = spec;
  throw new ChantError("SPEC_BROKEN", `${id} cannot be read: line ${line}, column ${column}: ${message}`, {
    hint: `Mend .chant/specs/${id}.md, then try again. Nothing was written.`,
  });
}

/** Opens the completed drivers above a new member, in one step on the branch; most have none, and no engine is needed. */
async function reopenDrivers(
  workspace: Workspace,
  member: SpecId,
  onEvent: (event: ChantEvent) => void,
): Promise<readonly SpecId[]> {
  const specs = new SpecFiles(workspace.places.specs);
  const completed: SpecId[] = [];
  for (const driver of driversAbove(member, new Set(await knownIds(workspace)))) {
    const spec = await specs.get(driver);
    if (spec !== undefined && !isBroken(spec) && spec.status === "completed") completed.push(driver);
  }
  if (completed.length === 0) return [];
  using session = await openSession(workspace.repo, onEvent);
  const target = await homeTarget(session);
  const marks = completed.map((driver) => reopenMark(driver, member));
  requirePublished(member, await publishMarks(session.engine, target, session.specsOf(target), marks));
  return completed;
}
