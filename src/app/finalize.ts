import type { ChantEvent } from "../domain/event.ts";
import type { SpecId } from "../domain/id.ts";
import { checksOf, type FailedCheck, failedChecksReason } from "../domain/checks.ts";
import { finalizeMark } from "../domain/mark.ts";
import type { Spec } from "../domain/spec.ts";
import { requireMove } from "../domain/status.ts";
import { ChantError } from "../kit/errors.ts";
import { homeTarget, requireBegun, requireIdle, requirePublished, requireSpec, seizeRun } from "./control.ts";
import { runChecksAt } from "./checks-at.ts";
import { commandEndText } from "./engine/run-command.ts";
import { isUndecided } from "./engine/held.ts";
import { publishMarks } from "./engine/mark.ts";
import { readRecord, readRecords, type RunRecord } from "./engine/record.ts";
import { carryRuns, openSession, type Session } from "./engine/session.ts";
import { forgetFailures } from "../store/gate-files.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { requireId, requireIds, type Workspace } from "./workspace.ts";

/**
 * Judges and lands a run that waits for a person, by that person's word. With `isForced` open criteria do not count,
 * and who said so is recorded. A spec without a run was worked on in the checkout itself: it is finalized only.
 */
export async function finalize(
  workspace: Workspace,
  partial: string,
  isForced: boolean,
  onEvent: (event: ChantEvent) => void,
  signal?: AbortSignal,
): Promise<Outcome> {
  const id = await requireId(workspace, partial);
  using session = await openSession(workspace.repo, onEvent);
  const forcedBy = isForced ? session.engine.settings.committer : undefined;
  if ((await readRecord(session.engine.places, id)) === undefined) {
    return await finalizeHere(workspace, session, id, forcedBy);
  }
  await seizeRun(session, id, async (found) =>
    judgedNext(await requireIdle(session, requireBegun(found)), session.engine.clock.nowMs(), forcedBy),
  );
  await forgetFailures(session.engine.places);
  return outcomeOf(id, await carryRuns(session, [id], signal));
}

/**
 * Lands runs that are done, or that a person has mended: all that wait when no id is given. Once `signal` is aborted,
 * whoever comes next goes on with what has not landed yet.
 */
export async function merge(
  workspace: Workspace,
  partials: readonly string[],
  onEvent: (event: ChantEvent) => void,
  signal?: AbortSignal,
): Promise<readonly Outcome[]> {
  const asked = await requireIds(workspace, partials);
  for (const id of asked) await requireRun(workspace, id);
  const ids = partials.length === 0 ? await waitingToLand(workspace) : asked;
  using session = await openSession(workspace.repo, onEvent);
  const nowMs = session.engine.clock.nowMs();
  for (const id of ids) {
    await seizeRun(session, id, async (found) =>
      judgedNext(await requireIdle(session, requireBegun(found)), nowMs, undefined),
    );
  }
  await forgetFailures(session.engine.places);
  const carried = await carryRuns(session, ids, signal);
  return ids.map((id) => outcomeOf(id, carried));
}

async function requireRun({ places }: Workspace, id: SpecId): Promise<void> {
  if ((await readRecord(places, id)) !== undefined) return;
  throw new ChantError("STATUS_MOVE_REFUSED", `${id} has no run that could be merged.`, {
    hint: `See where it stands: chant why ${id}`,
  });
}

async function waitingToLand({ places }: Workspace): Promise<readonly SpecId[]> {
  const records = [...(await readRecords(places)).values()];
  return records.filter(({ phase }) => phase === "landing").map(({ id }) => id);
}

/** A parked run is judged again, without an agent; one that is judged lands as it is. */
function judgedNext(record: RunRecord, atMs: number, forcedBy: string | undefined): RunRecord {
  // While its result is waited for, somebody may have added to its branch.
  if (record.phase === "landing" && !isUndecided(record)) return record;
  const { parked, waits: _waits, pause: _pause, ...rest } = record;
  const reason = parked?.reason ?? "";
  const judgeOnly = forcedBy === undefined ? {} : { forcedBy };
  return { ...rest, phase: "retrying", judgeOnly, retry: { n: 0, of: 0, atMs, reason } };
}

async function finalizeHere(
  workspace: Workspace,
  session: Session,
  id: SpecId,
  forcedBy: string | undefined,
): Promise<Outcome> {
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
  await requireChecks(workspace, session, target, spec);
  const mark = { ...finalizeMark(id, engine.clock.nowMs(), forcedBy), isAsOnDisk: true };
  requirePublished(id, await publishMarks(engine, target, specsOf(target), [mark]));
  return { id, kind: "finalized" };
}

/**
 * Runs the checks of ticked criteria on what is committed, as nobody has run them before.
 * @throws ChantError CHECK_FAILED; COMMANDS_UNTRUSTED
 */
async function requireChecks(
  workspace: Workspace,
  { engine }: Session,
  target: string,
  { id, criteria }: Spec,
): Promise<void> {
  const checks = checksOf(criteria.filter(({ ticked }) => ticked));
  const commit = await engine.reader.resolve(target);
  if (checks.length === 0 || commit === undefined) return;
  const commands = checks.map(({ command }) => command);
  const at = { config: engine.config, commit, commands };
  const results = await runChecksAt(workspace, at, {
    signal: new AbortController().signal,
    onStep: (step) => {
      if (step.kind === "warning") engine.emit({ kind: "warning", id, message: step.message });
    },
  });
  const failed = checks.flatMap((check): FailedCheck[] => {
    const { end, tail = [] } = results.get(check.command) ?? {};
    return end === undefined || end.kind === "passed" ? [] : [{ check, how: commandEndText(end), tail }];
  });
  if (failed.length === 0) return;
  throw new ChantError("CHECK_FAILED", `${id} was left as it is: ${failedChecksReason(failed)}.`, {
    hint: `Checks see what is committed. Mend and commit it, then finalize again.`,
  });
}
