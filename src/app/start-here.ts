import type { ChantEvent } from "../domain/event.ts";
import { startHereMark } from "../domain/mark.ts";
import type { SpecId } from "../domain/id.ts";
import { requireMove } from "../domain/status.ts";
import { ChantError } from "../kit/errors.ts";
import { homeTarget, requirePublished, requireSpec } from "./control.ts";
import { publishMarks } from "./engine/mark.ts";
import { carrierOf, readRecord } from "./engine/record.ts";
import { openSession } from "./engine/session.ts";
import { whyGateShut } from "./engine/world.ts";
import { requireId, type Workspace } from "./workspace.ts";

/** Says that somebody works on a spec in the checkout itself: no branch, no worktree, no agent. */
export async function startHere(
  workspace: Workspace,
  partial: string,
  onEvent: (event: ChantEvent) => void,
): Promise<SpecId> {
  const id = await requireId(workspace, partial);
  using session = await openSession(workspace.repo, onEvent);
  const { engine, specsOf } = session;
  const target = await homeTarget(session);
  const spec = await requireSpec(session, target, id);
  const record = await readRecord(engine.places, id);
  // Nobody has it that waits for a person: what its status allows is the better answer.
  if (record === undefined || record.phase === "parked") requireMove(id, spec.status, "start");
  if (record !== undefined) {
    throw new ChantError("SPEC_BUSY", `${id} has a run already, by ${carrierOf(record)}.`, {
      hint: `See where it stands: chant why ${id}`,
    });
  }
  const shut = whyGateShut(await specsOf(target).read(), engine.config, id);
  if (shut !== undefined) {
    throw new ChantError("APPROVAL_REFUSED", `${id} was not started: ${shut}.`, {
      hint: `Approve it as it stands: chant approve ${id}`,
    });
  }
  const mark = { ...startHereMark(id), isAsOnDisk: true };
  requirePublished(id, await publishMarks(engine, target, specsOf(target), [mark]));
  return id;
}
