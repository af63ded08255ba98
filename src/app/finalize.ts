import type { ChantEvent } from "../domain/event.ts";
import type { SpecId } from "../domain/id.ts";
import { finalizeMark } from "../domain/mark.ts";
import { requireMove } from "../domain/status.ts";
import { ChantError } from "../kit/errors.ts";
import { homeTarget, requirePublished, requireSpec, seizeRun } from "./control.ts";
import { publishMarks } from "./engine/mark.ts";
import { readRecord, readRecords, type RunRecord } from "./engine/record.ts";
import { carryRuns, openSession, type Session } from "./engine/session.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { requireId, type Workspace } from "./workspace.ts";

/**
 * Judges and lands a run that waits for a person, by that person's word. With `isForced` open criteria do not count,
 * and who said so is recorded. A spec without a run was worked on in the checkout itself: it is finalized only.
 */
export async function finalize(
  workspace: Workspace,
  partial: string,
  isForced: boolean,
  onEvent: (event: ChantEvent) => void,
): Promise<Outcome> {
  const id = await requireId(workspace, partial);
  using session = await openSession(workspace.repo, onEvent);
  const forcedBy = isForced ? session.engine.settings.committer : undefined;
  if ((await readRecord(session.engine.places, id)) === undefined) {
    return await finalizeHere(session, id, forcedBy);
  }
  await seizeRun(session, id, (found) => judgedNext(found, session.engine.clock.nowMs(), forcedBy));
  return outcomeOf(id, await carryRuns(session, [id]));
}

/** Lands runs that are done, or that a person has mended: all that wait when no id is given. */
export async function merge(
  workspace: Workspace,
  partials: readonly string[],
  onEvent: (event: ChantEvent) => void,
): Promise<readonly Outcome[]> {
  using session = await openSession(workspace.repo, onEvent);
  const { places, clock } = session.engine;
  const all = [...(await readRecords(places)).values()].filter((record) => record.phase === "landing");
  const ids = partials.length === 0 ? all.map(({ id }) => id) : [];
  for (const partial of partials) ids.push(await requireId(workspace, partial));
  for (const id of ids) {
    const record = await readRecord(places, id);
    if (record === undefined) {
      throw new ChantError("STATUS_MOVE_REFUSED", `${id} has no run that could be merged.`, {
        hint: `See where it stands: chant why ${id}`,
      });
    }
    await seizeRun(session, id, (found) => judgedNext(found, clock.nowMs(), undefined));
  }
  const left = await carryRuns(session, ids);
  return ids.map((id) => outcomeOf(id, left));
}

/** A parked run is judged again, without an agent; one that is judged lands as it is. */
function judgedNext(record: RunRecord, atMs: number, forcedBy: string | undefined): RunRecord {
  if (record.phase === "landing") return record;
  const { parked, waits: _waits, pause: _pause, ...rest } = record;
  const reason = parked?.reason ?? "";
  const judgeOnly = forcedBy === undefined ? {} : { forcedBy };
  return { ...rest, phase: "retrying", judgeOnly, retry: { n: 0, of: 0, atMs, reason } };
}

async function finalizeHere(session: Session, id: SpecId, forcedBy: string | undefined): Promise<Outcome> {
  const { engine, specsOf } = session;
  const target = await homeTarget(session);
  const spec = await requireSpec(session, target, id);
  requireMove(id, spec.status, "finalize");
  const open = spec.criteria.filter((criterion) => !criterion.ticked);
  if (open.length > 0 && forcedBy === undefined) {
    throw new ChantError(
      "STATUS_MOVE_REFUSED",
      `${id} has open criteria: ${open.map(({ text }) => JSON.stringify(text)).join(", ")}.`,
      {
        hint: `Tick what holds (chant tick ${id} N), or say that it is done all the same: chant finalize ${id} --force`,
      },
    );
  }
  const mark = { ...finalizeMark(id, engine.clock.nowMs(), forcedBy), isAsOnDisk: true };
  requirePublished(id, await publishMarks(engine, target, specsOf(target), [mark]));
  return { id, kind: "finalized" };
}
