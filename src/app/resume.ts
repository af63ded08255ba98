import type { ChantEvent } from "../domain/event.ts";
import type { SpecId } from "../domain/id.ts";
import { resumeMark } from "../domain/mark.ts";
import { requireMove } from "../domain/status.ts";
import { ChantError } from "../kit/errors.ts";
import {
  giveBack,
  handOn,
  homeTarget,
  requireBegun,
  requirePublished,
  requireSpec,
  seizeRun,
} from "./control.ts";
import { goingOn } from "./engine/go-on.ts";
import { publishMarks } from "./engine/mark.ts";
import { endOfLaunch } from "./engine/pause.ts";
import { readRecord, type RunRecord, runFolder } from "./engine/record.ts";
import { carryRuns, openSession, type Session } from "./engine/session.ts";
import { forgetFailures } from "../store/gate-files.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { requireIds, type Workspace } from "./workspace.ts";

export interface ResumeRequest {
  /** Stays and carries it to its end; otherwise the next work or watch goes on with it. */
  readonly isWork: boolean;
  readonly signal: AbortSignal;
}

/**
 * Takes runs up again that wait for a person: the same spec and agent, in the same worktree; as a new attempt, unless it
 * was paused in the middle of one. Nothing is changed unless all of them can go on.
 */
export async function resume(
  workspace: Workspace,
  partials: readonly string[],
  { isWork, signal }: ResumeRequest,
  onEvent: (event: ChantEvent) => void,
): Promise<readonly Outcome[]> {
  const ids = await requireIds(workspace, partials);
  using session = await openSession(workspace.repo, onEvent);
  for (const id of ids) await requireResumable(session, id);
  const outcomes: Outcome[] = [];
  for (const id of ids) outcomes.push(await resumeOne(session, id));
  await forgetFailures(session.engine.places);
  if (!isWork) {
    await handOn(session, ids);
    return outcomes;
  }
  const carried = outcomes.filter(({ kind }) => kind === "handed_on").map(({ id }) => id);
  const after = await carryRuns(session, carried, signal);
  return outcomes.map((outcome) => (outcome.kind === "handed_on" ? outcomeOf(outcome.id, after) : outcome));
}

async function resumeOne(session: Session, id: SpecId): Promise<Outcome> {
  const { engine, specsOf } = session;
  const found = await readRecord(engine.places, id);
  const end = found && (await endOfLaunch(runFolder(engine.places, found), found));
  const mine = await seizeRun(session, id, (record) =>
    goingOn(requireUnfinished(requireBegun(record)), end, engine.clock.nowMs()),
  );
  // Its run may have come to nothing since it was looked at.
  if (mine === undefined) await requireResumable(session, id);
  const target = mine?.target ?? (await homeTarget(session));
  const waits = await publishMarks(engine, target, specsOf(target), [resumeMark(id)]);
  // Nobody is to start its agent after all.
  if (waits !== undefined && found !== undefined) await giveBack(session, found);
  requirePublished(id, waits);
  return { id, kind: mine === undefined ? "here" : "handed_on" };
}

/** What is done may have landed by now: in progress again, it would wait for an agent that nobody starts. */
function requireUnfinished(record: RunRecord): RunRecord {
  const { id, phase } = record;
  if (phase !== "landing") return record;
  throw new ChantError("STATUS_MOVE_REFUSED", `The run of ${id} is done, and lands.`, {
    hint: `See what it waits for: chant why ${id}. Nothing was changed.`,
  });
}

/** @throws ChantError STATUS_MOVE_REFUSED, also when the spec has no run that is not over */
async function requireResumable(session: Session, id: SpecId): Promise<void> {
  const record = await readRecord(session.engine.places, id);
  const spec = await requireSpec(session, record?.target ?? (await homeTarget(session)), id);
  if (record === undefined) {
    requireMove(id, spec.status, "resume");
    // Paused while somebody worked on it in the checkout itself.
    if (spec.status === "paused") return;
    throw new ChantError("STATUS_MOVE_REFUSED", `${id} has no run that could go on.`, {
      hint: `Start a new one: chant reset ${id}, then chant work ${id}`,
    });
  }
  if (record.phase === "parked" && spec.status !== "in_progress") requireMove(id, spec.status, "resume");
}
