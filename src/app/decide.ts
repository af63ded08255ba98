import { approvalFacts } from "./engine/world.ts";
import type { ApprovalFacts } from "../domain/approval.ts";
import type { SpecId } from "../domain/id.ts";
import type { Spec } from "../domain/spec.ts";
import { ChantError } from "../kit/errors.ts";
import { homeTarget, requireSpec } from "./control.ts";
import { readRecord } from "./engine/record.ts";
import type { Session } from "./engine/session.ts";

/** What approve and reject share: who may decide, and what can still be decided. */

/** The variable by which a runner finds whatever its agent started. */
const RUN_TOKEN = "CHANT_RUN_TOKEN";

/**
 * Refuses an agent that would approve itself or others. That keeps an honest one from it; what a branch says never
 * counts in any case.
 * @throws ChantError APPROVAL_REFUSED
 */
export function requirePerson(env: Readonly<Record<string, string | undefined>>, what = "An approval"): void {
  if (env[RUN_TOKEN] === undefined) return;
  throw new ChantError("APPROVAL_REFUSED", `${what} is a person's word, and an agent asks for it here.`, {
    hint: "Leave it to a person. Nothing was changed.",
  });
}

/**
 * Returns a person's name as it goes into front matter and messages.
 * @throws ChantError USAGE when it is empty or has line breaks
 */
export function requireName(by: string): string {
  const name = by.trim();
  if (name !== "" && !/[\r\n]/.test(name)) return name;
  throw new ChantError("USAGE", "The name behind --by must be one line.", {
    hint: 'For example: --by "Ann". Without it the name is that of git\'s user.',
  });
}

/** @throws ChantError USAGE when nothing is said */
export function requireReason(reason: string): string {
  const text = reason.trim();
  if (text !== "") return text;
  throw new ChantError("USAGE", "A rejection needs a reason.", {
    hint: 'For example: chant reject 001 --reason "Too big: split it"',
  });
}

/** A spec about whose start a person decides. */
export interface Undecided {
  readonly target: string;
  readonly spec: Spec;
  readonly facts: ApprovalFacts;
}

/**
 * Returns a spec that has not started, as it stands on disk.
 * @throws ChantError SPEC_UNKNOWN, SPEC_BROKEN, DETACHED_HEAD, APPROVAL_REFUSED when it has started
 */
export async function requireUndecided(session: Session, id: SpecId): Promise<Undecided> {
  const { engine, specsOf } = session;
  const target = await homeTarget(session);
  const spec = await requireSpec(session, target, id);
  const record = await readRecord(engine.places, id);
  const isUnderWay = record !== undefined && record.phase !== "parked";
  if (spec.status !== "pending" || isUnderWay) throw started(id, isUnderWay ? "in_progress" : spec.status);
  return { target, spec, facts: approvalFacts(await specsOf(target).read(), engine.config) };
}

function started(id: SpecId, status: Spec["status"]): ChantError {
  const isOver = status === "completed" || status === "cancelled";
  const hint = isOver
    ? `If it is to be worked once more: chant ${status === "cancelled" ? "restore" : "reset"} ${id}`
    : `Stop it with chant cancel ${id}, or take it back with chant reset ${id}. What it makes: chant approve ${id} --result`;
  return new ChantError(
    "APPROVAL_REFUSED",
    `${id} is ${status}: its start can no longer be decided. Nothing was changed.`,
    { hint },
  );
}
