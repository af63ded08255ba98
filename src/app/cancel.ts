import type { ChantEvent } from "../domain/event.ts";
import type { SpecId } from "../domain/id.ts";
import { cancelMark, type Mark, removeMark } from "../domain/mark.ts";
import { requireMove } from "../domain/status.ts";
import { giveUp, homeTarget, requireSpec } from "./control.ts";
import { readRecord } from "./engine/record.ts";
import { openSession } from "./engine/session.ts";
import { requireId, type Workspace } from "./workspace.ts";

export interface CancelRequest {
  /** Removes the file as well; git keeps it. */
  readonly isDelete: boolean;
  readonly isDryRun: boolean;
}

/** What a cancel does, or with a dry run would do. */
export interface Cancelled {
  readonly id: SpecId;
  /** The agent that is stopped first. */
  readonly stops: boolean;
  readonly deletes: boolean;
}

/** Calls a spec off, from any status. A run of it is stopped first, for sure, and what it did goes into a snapshot. */
export async function cancel(
  workspace: Workspace,
  partial: string,
  { isDelete, isDryRun }: CancelRequest,
  onEvent: (event: ChantEvent) => void,
): Promise<Cancelled> {
  const id = await requireId(workspace, partial);
  using session = await openSession(workspace.repo, onEvent);
  const { engine } = session;
  const there = await readRecord(engine.places, id);
  const target = there?.target ?? (await homeTarget(session));
  const spec = await requireSpec(session, target, id);
  if (spec.status !== "cancelled" || !isDelete) requireMove(id, spec.status, "cancel");
  const outcome: Cancelled = {
    id,
    stops: there !== undefined && there.phase !== "parked",
    deletes: isDelete,
  };
  if (isDryRun) return outcome;
  const marks: readonly Mark[] = [isDelete ? removeMark(id) : cancelMark(id, engine.clock.nowMs())];
  await giveUp(session, { id, target, marks }, { force: true });
  return outcome;
}
