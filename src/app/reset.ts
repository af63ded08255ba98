import { join } from "node:path";
import type { ChantEvent } from "../domain/event.ts";
import { driversAbove } from "../domain/group.ts";
import type { SpecId } from "../domain/id.ts";
import { type Mark, reopenMark, resetMark } from "../domain/mark.ts";
import { isBroken } from "../domain/spec.ts";
import { requireMove } from "../domain/status.ts";
import { giveUp, homeTarget, requireSpec } from "./control.ts";
import { branchOfHead } from "../git/repository.ts";
import { readRecord } from "./engine/record.ts";
import { openSession, type Session } from "./engine/session.ts";
import { untickFile } from "./tick-file.ts";
import { requireId, type Workspace } from "./workspace.ts";

/**
 * Makes a spec pending again: its run, if any, is given up, what it did goes into a snapshot, and drivers that it had
 * completed are open again, all in one step on the target. The next start is a new run from scratch.
 */
export async function reset(
  workspace: Workspace,
  partial: string,
  onEvent: (event: ChantEvent) => void,
): Promise<{ readonly id: SpecId; readonly reopened: readonly SpecId[] }> {
  const id = await requireId(workspace, partial);
  using session = await openSession(workspace.repo, onEvent);
  const there = await readRecord(session.engine.places, id);
  const target = there?.target ?? (await homeTarget(session));
  const spec = await requireSpec(session, target, id);
  if (spec.status !== "pending") requireMove(id, spec.status, "reset");
  const reopened = await completedDriversAbove(session, target, id);
  const marks: readonly Mark[] = [resetMark(id), ...reopened.map((driver) => reopenMark(driver, id))];
  await giveUp(session, { id, target, marks });
  // A box that the user has ticked and not committed would count for the next run as well.
  const { places, repo } = session.engine;
  if ((await branchOfHead(repo.gitDir)) === target) await untickFile(join(places.specs, `${id}.md`));
  return { id, reopened };
}

/** The drivers that were completed by their members: one of those will be open. */
async function completedDriversAbove(
  session: Session,
  target: string,
  id: SpecId,
): Promise<readonly SpecId[]> {
  const { shown } = await session.specsOf(target).read();
  return driversAbove(id, new Set(shown.keys())).filter((driver) => {
    const spec = shown.get(driver);
    return spec !== undefined && !isBroken(spec) && spec.status === "completed" && spec.autoCompleted;
  });
}
