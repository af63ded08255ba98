import type { ChantEvent } from "../domain/event.ts";
import { dependentsOf } from "../domain/graph.ts";
import { allMembersOf } from "../domain/group.ts";
import type { SpecId } from "../domain/id.ts";
import { cancelMark, removeMark } from "../domain/mark.ts";
import { requireMove } from "../domain/status.ts";
import { giveUpAll, homeTarget, requirePublished, requireSpec } from "./control.ts";
import { publishMarks } from "./engine/mark.ts";
import { readRecord } from "./engine/record.ts";
import { openSession, type Session } from "./engine/session.ts";
import { readableSpecs } from "./overview.ts";
import { requireIds, type Workspace } from "./workspace.ts";

export interface CancelRequest {
  /** Removes the file as well; git keeps it. */
  readonly isDelete: boolean;
  /** Also their members and all that depends on them, as far as that is not over. */
  readonly isCascade: boolean;
  readonly isDryRun: boolean;
}

/** What a cancel does to one spec, or with a dry run would do. */
export interface Cancelled {
  readonly id: SpecId;
  readonly title: string;
  /** The agent, retry or landing that is stopped first. */
  readonly stops: boolean;
  readonly deletes: boolean;
  /** The spec that was asked for, where this one only goes with it. */
  readonly with?: { readonly id: SpecId; readonly as: "member" | "dependent" };
}

/**
 * Calls specs off, from any status, all in one commit. Their runs are stopped first, for sure, and what they did goes
 * into snapshots. `isAgreed` is asked with all that would be done, before any of it is; where not,
 * nothing is done, and nothing returned.
 */
export async function cancel(
  workspace: Workspace,
  partials: readonly string[],
  request: CancelRequest,
  isAgreed: (planned: readonly Cancelled[]) => boolean,
  onEvent: (event: ChantEvent) => void,
): Promise<readonly Cancelled[]> {
  const asked = await requireIds(workspace, partials);
  using session = await openSession(workspace.repo, onEvent);
  const planned = await planCancel(session, asked, request);
  const outcomes = planned.map(({ outcome }) => outcome);
  if (request.isDryRun) return outcomes;
  if (!isAgreed(outcomes)) return [];
  for (const target of new Set(planned.map((each) => each.target))) {
    await cancelOn(
      session,
      target,
      planned.filter((each) => each.target === target).map(({ outcome }) => outcome),
    );
  }
  return outcomes;
}

interface Planned {
  readonly outcome: Cancelled;
  readonly target: string;
}

/** Decides about all of them before anything is done, so that a refusal leaves all as they are. */
async function planCancel(
  session: Session,
  asked: readonly SpecId[],
  { isDelete, isCascade }: CancelRequest,
): Promise<readonly Planned[]> {
  const planned = new Map<SpecId, Planned>();
  for (const id of asked) {
    const { target, stops } = await runOf(session, id);
    const spec = await requireSpec(session, target, id);
    if (spec.status !== "cancelled" || !isDelete) requireMove(id, spec.status, "cancel");
    planned.set(id, { target, outcome: { id, title: spec.title, stops, deletes: isDelete } });
  }
  if (!isCascade) return [...planned.values()];
  const specs = readableSpecs((await session.specsOf(await homeTarget(session)).read()).shown);
  for (const id of asked) {
    const members = allMembersOf(id, specs.keys());
    const dependents = [id, ...members].flatMap((each) => dependentsOf(each, specs));
    for (const other of [...members, ...dependents]) {
      const spec = specs.get(other);
      // What is over stays as it is.
      if (spec === undefined || spec.status === "completed" || spec.status === "cancelled") continue;
      if (planned.has(other)) continue;
      const { target, stops } = await runOf(session, other);
      const as = members.includes(other) ? "member" : "dependent";
      const outcome = { id: other, title: spec.title, stops, deletes: isDelete, with: { id, as } } as const;
      planned.set(other, { target, outcome });
    }
  }
  return [...planned.values()];
}

async function runOf(
  session: Session,
  id: SpecId,
): Promise<{ readonly target: string; readonly stops: boolean }> {
  const record = await readRecord(session.engine.places, id);
  return {
    target: record?.target ?? (await homeTarget(session)),
    stops: record !== undefined && record.phase !== "parked",
  };
}

async function cancelOn(session: Session, target: string, specs: readonly Cancelled[]): Promise<void> {
  const nowMs = session.engine.clock.nowMs();
  const cancelled = specs.map(({ id }) => cancelMark(id, nowMs));
  const removed = specs.filter(({ deletes }) => deletes).map(({ id }) => removeMark(id));
  const { onTarget } = await session.specsOf(target).read();
  // git keeps what is deleted: what it does not know yet is committed first.
  const unknown = cancelled.filter(({ id }) => removed.length > 0 && !onTarget.has(id));
  if (unknown.length > 0) {
    const message = messageOf("Cancel", specs);
    const waits = await publishMarks(session.engine, target, session.specsOf(target), unknown, message);
    requirePublished(specs.map(({ id }) => id).join(", "), waits);
  }
  const isDelete = removed.length > 0;
  const message = messageOf(isDelete ? "Delete" : "Cancel", specs);
  await giveUpAll(session, target, isDelete ? removed : cancelled, message);
}

/** One commit for all of them. */
function messageOf(verb: string, specs: readonly Cancelled[]): string | undefined {
  if (specs.length === 1) return undefined;
  return [`${verb} ${specs.length} specs`, "", ...specs.map(({ id, title }) => `- ${id}: ${title}`)].join(
    "\n",
  );
}
