import { approvalOf, shutGate } from "../domain/approval.ts";
import type { ChantEvent } from "../domain/event.ts";
import { allMembersOf } from "../domain/group.ts";
import type { SpecId } from "../domain/id.ts";
import { approveMark, type Mark } from "../domain/mark.ts";
import { isBroken } from "../domain/spec.ts";
import { ChantError } from "../kit/errors.ts";
import { finishLanding, requirePublished } from "./control.ts";
import { requireName, requireUndecided, type Undecided } from "./decide.ts";
import { publishMarks } from "./engine/mark.ts";
import { openSession } from "./engine/session.ts";
import { requireId, type Workspace } from "./workspace.ts";

/** One spec after an approval. */
export interface Approved {
  readonly id: SpecId;
  readonly by: string;
  /** False when it was approved as it is before, and nothing was written. */
  readonly isNew: boolean;
}

/**
 * Approves specs as they stand on disk, all or none of them; that content is committed with the approval. A driver
 * stands for its open members that need one.
 * @param by who approves; git's user when left out
 * @throws ChantError APPROVAL_REFUSED when one has started, or needs no approval; LANDING_WAITS
 */
export async function approve(
  workspace: Workspace,
  partials: readonly string[],
  by: string | undefined,
  onEvent: (event: ChantEvent) => void,
): Promise<readonly Approved[]> {
  const asked: SpecId[] = [];
  for (const partial of partials) asked.push(await requireId(workspace, partial));
  using session = await openSession(workspace.repo, onEvent);
  const { engine, specsOf } = session;
  const name = requireName(by ?? engine.settings.committer);
  await finishLanding(session);
  const done = new Map<SpecId, Approved>();
  const marks: Mark[] = [];
  let target = "";
  for (const id of asked) {
    const found = await requireUndecided(session, id);
    ({ target } = found);
    for (const each of standsFor(found)) {
      if (done.has(each)) continue;
      const state = approvalOf(found.facts, each);
      const spec = found.facts.shown.get(each);
      if (spec === undefined || isBroken(spec)) continue;
      const isNew = state.kind !== "approved" || !state.isBound;
      done.set(each, { id: each, by: isNew ? name : (spec.approval?.by ?? name), isNew });
      if (isNew) marks.push(approveMark(spec, name, engine.clock.nowMs()));
    }
  }
  const [first] = asked;
  if (marks.length > 0 && first !== undefined) {
    requirePublished(first, await publishMarks(engine, target, specsOf(target), marks));
  }
  return [...done.values()];
}

/** @throws ChantError APPROVAL_REFUSED when none of them needs an approval */
function standsFor({ spec, facts }: Undecided): readonly SpecId[] {
  const { id } = spec;
  const group = [id, ...allMembersOf(id, facts.shown.keys())];
  const needing = group.filter((each) => {
    const member = facts.shown.get(each);
    const isOpen = member !== undefined && !isBroken(member) && member.status === "pending";
    return isOpen && approvalOf(facts, each).kind !== "not_needed";
  });
  if (needing.length > 0) return needing;
  const gate = shutGate(facts, id);
  throw new ChantError("APPROVAL_REFUSED", `${id} needs no approval. Nothing was changed.`, {
    hint:
      gate === undefined
        ? `Give it to an agent: chant work ${id}`
        : `Its driver does: chant approve ${gate.id}`,
  });
}
