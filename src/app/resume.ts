import type { ChantEvent } from "../domain/event.ts";
import type { SpecId } from "../domain/id.ts";
import { resumeMark } from "../domain/mark.ts";
import { requireMove } from "../domain/status.ts";
import { ChantError } from "../kit/errors.ts";
import { requirePublished, requireSpec, seizeRun } from "./control.ts";
import { publishMarks } from "./engine/mark.ts";
import { readRecord, type RunRecord } from "./engine/record.ts";
import { carryRuns, openSession, type Session } from "./engine/session.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { requireId, type Workspace } from "./workspace.ts";

export interface ResumeRequest {
  /** Stays and carries it to its end; otherwise the next work or watch goes on with it. */
  readonly isWork: boolean;
  readonly signal: AbortSignal;
}

/** Takes a run up again that waits for a person: the same spec and agent, in the same worktree, as a new attempt. */
export async function resume(
  workspace: Workspace,
  partial: string,
  { isWork, signal }: ResumeRequest,
  onEvent: (event: ChantEvent) => void,
): Promise<Outcome> {
  const id = await requireId(workspace, partial);
  using session = await openSession(workspace.repo, onEvent);
  const { engine, specsOf } = session;
  const record = await requireRun(session, id, "reset");
  const spec = await requireSpec(session, record.target, id);
  if (record.phase === "parked" && spec.status !== "in_progress") requireMove(id, spec.status, "resume");
  await seizeRun(session, id, (found) => dueNow(found, engine.clock.nowMs()));
  requirePublished(id, await publishMarks(engine, record.target, specsOf(record.target), [resumeMark(id)]));
  return isWork ? outcomeOf(id, await carryRuns(session, [id], signal)) : { id, kind: "handed_on" };
}

/** A run whose agent is started again at once; one that waits for its retry no longer waits. */
function dueNow(record: RunRecord, atMs: number): RunRecord {
  const { parked, waits: _waits, judgeOnly: _judgeOnly, ...rest } = record;
  if (record.phase !== "parked" && record.phase !== "retrying") return record;
  const reason = parked?.reason ?? record.retry?.reason ?? "";
  // A person's word starts the count of retries anew.
  return { ...rest, phase: "retrying", missing: reason, retry: { n: 0, of: 0, atMs, reason } };
}

/** @throws ChantError STATUS_MOVE_REFUSED when the spec has no run that is not over */
async function requireRun({ engine }: Session, id: SpecId, instead: string): Promise<RunRecord> {
  const record = await readRecord(engine.places, id);
  if (record !== undefined) return record;
  throw new ChantError("STATUS_MOVE_REFUSED", `${id} has no run that could go on.`, {
    hint: `Start a new one: chant ${instead} ${id}, then chant work ${id}`,
  });
}
