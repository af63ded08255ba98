import type { ChantEvent } from "../domain/event.ts";
import type { SpecId } from "../domain/id.ts";
import { ChantError } from "../kit/errors.ts";
import { statIfExists } from "../host/files.ts";
import { requireSpec, homeTarget, takeRun } from "./control.ts";
import { readRecord, type RunRecord } from "./engine/record.ts";
import { openSession, type Session } from "./engine/session.ts";
import { type Handover, readHandover } from "./handover.ts";
import { pauseAll, requirePausable } from "./pause.ts";
import { requireId, type Workspace } from "./workspace.ts";

/**
 * Makes the worktree of a run a person's own: its agent is stopped, what waits is held back, and from then on nothing
 * but that person's word (finalize, resume, reset, cancel) does anything about it. Returns what was done so far.
 */
export async function takeover(
  workspace: Workspace,
  partial: string,
  onEvent: (event: ChantEvent) => void,
): Promise<Handover> {
  const id = await requireId(workspace, partial);
  using session = await openSession(workspace.repo, onEvent);
  const { engine } = session;
  const before = await requireRun(session, id);
  const wasMoving = before.phase !== "parked";
  if (wasMoving) await requirePausable(session, id);
  const by = engine.settings.committer;
  const taken = (found: RunRecord): RunRecord => ({
    ...found,
    takenOver: found.takenOver ?? { by, atMs: engine.clock.nowMs() },
  });
  if (wasMoving) await pauseAll(session, [id], taken);
  else await takeRun(session, id, taken);
  const record = await requireRun(session, id);
  return await readHandover(engine, { ...record, worktree: await worktreeOf(record) }, wasMoving);
}

/** @throws ChantError STATUS_MOVE_REFUSED when nobody has begun with it */
async function requireRun(session: Session, id: SpecId): Promise<RunRecord> {
  const record = await readRecord(session.engine.places, id);
  if (record !== undefined) return record;
  const { status } = await requireSpec(session, await homeTarget(session), id);
  throw new ChantError(
    "STATUS_MOVE_REFUSED",
    `${id} is ${status}, and has no run that could be taken over.`,
    {
      hint:
        status === "pending"
          ? `Work on it yourself, in this checkout: chant start ${id} --here`
          : `See where it stands: chant why ${id}`,
    },
  );
}

/** @throws ChantError WORKTREE_FAILED when it is not there */
async function worktreeOf({ id, worktree, branch }: RunRecord): Promise<string> {
  if (worktree !== undefined && (await statIfExists(worktree)) !== undefined) return worktree;
  throw new ChantError(
    "WORKTREE_FAILED",
    `The worktree of ${id} is not there${worktree ? `: ${worktree}` : ""}.`,
    {
      hint: `What was committed is on ${branch}. Begin anew with: chant reset ${id}`,
    },
  );
}
