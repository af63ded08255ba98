import type { ChantEvent } from "../domain/event.ts";
import type { SpecId } from "../domain/id.ts";
import { pauseMark } from "../domain/mark.ts";
import { isBroken } from "../domain/spec.ts";
import { requireMove } from "../domain/status.ts";
import { ChantError } from "../kit/errors.ts";
import { homeTarget, requirePublished, requireSpec, takeRun } from "./control.ts";
import { pausing } from "./engine/go-on.ts";
import { publishMarks } from "./engine/mark.ts";
import { carrierOf, readRecord, type RunRecord } from "./engine/record.ts";
import { factsOf } from "./engine/run-state.ts";
import { carryRuns, openSession, type Session } from "./engine/session.ts";
import { stopRun } from "./engine/stop.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { requireIds, type Workspace } from "./workspace.ts";

/**
 * Stops the agents of some specs, or holds back what they wait for (a retry, a landing), until a person resumes them.
 * Nothing is stopped unless all of them can be paused.
 */
export async function pause(
  workspace: Workspace,
  partials: readonly string[],
  onEvent: (event: ChantEvent) => void,
): Promise<readonly Outcome[]> {
  const ids = await requireIds(workspace, partials);
  using session = await openSession(workspace.repo, onEvent);
  for (const id of ids) await requirePausable(session, id);
  return await pauseAll(session, ids, (record) => record);
}

/** Pauses specs that can be paused, each with some facts of its run changed. */
export async function pauseAll(
  session: Session,
  ids: readonly SpecId[],
  change: (record: RunRecord) => RunRecord,
): Promise<readonly Outcome[]> {
  const taken: RunRecord[] = [];
  for (const id of ids) {
    const record = await takeRun(session, id, async (found) => {
      await requireRunPausable(session, found);
      return change(found.phase === "parked" ? found : pausing(found, session.engine.clock.nowMs()));
    });
    if (record === undefined) await pauseHere(session, id);
    else taken.push(record);
  }
  // All at once: an agent that does not listen takes some seconds to end.
  await Promise.all(taken.map((record) => stopRun(session.engine, record)));
  const carried = await carryRuns(
    session,
    taken.map(({ id }) => id),
  );
  return ids.map((id) => {
    const held = carried.left.find((record) => record.id === id && record.phase === "pausing");
    if (held !== undefined) requirePublished(id, held.waits);
    return taken.some((record) => record.id === id)
      ? outcomeOf(id, carried)
      : { id, kind: "parked", status: "paused", reason: "a person works on it" };
  });
}

/** @throws ChantError STATUS_MOVE_REFUSED, SPEC_BUSY */
export async function requirePausable(session: Session, id: SpecId): Promise<void> {
  const record = await readRecord(session.engine.places, id);
  if (record !== undefined) return requireRunPausable(session, record);
  const spec = await requireSpec(session, await homeTarget(session), id);
  requireMove(id, spec.status, "pause");
}

async function requireRunPausable({ engine, specsOf }: Session, record: RunRecord): Promise<void> {
  const { id, phase, parked, target } = record;
  const spec = (await specsOf(target).read()).onTarget.get(id);
  if (spec !== undefined && !isBroken(spec) && spec.status === "completed") {
    requireMove(id, "completed", "pause");
  }
  // What a pause that was cut off left undone is done now.
  if (parked?.status === "paused" && !parked.isPublished) return;
  if (parked !== undefined) requireMove(id, parked.status, "pause");
  const isStarted = phase !== "claimed" || (await factsOf(engine).hasBase(record));
  if (isStarted && phase !== "retiring") return;
  throw new ChantError(
    "SPEC_BUSY",
    `${id} is ${isStarted ? "being cleared away" : "being started"} just now, by ${carrierOf(record)}.`,
    {
      hint: `Try again in a moment, or see where it stands: chant why ${id}`,
    },
  );
}

/** Somebody works on it in the checkout itself: there is nothing to stop. */
async function pauseHere(session: Session, id: SpecId): Promise<void> {
  const target = await homeTarget(session);
  const spec = await requireSpec(session, target, id);
  requireMove(id, spec.status, "pause");
  const specs = session.specsOf(target);
  requirePublished(id, await publishMarks(session.engine, target, specs, [pauseMark(id)]));
}
