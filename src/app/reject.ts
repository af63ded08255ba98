import { join } from "node:path";
import type { ChantEvent } from "../domain/event.ts";
import type { FrontMatterChanges } from "../domain/front-matter.ts";
import type { SpecId } from "../domain/id.ts";
import { addMark, type Mark, rejectMark } from "../domain/mark.ts";
import { type Consequence, consequenceOf } from "../domain/rejection.ts";
import { isBroken, newSpecText, type Spec } from "../domain/spec.ts";
import { ChantError } from "../kit/errors.ts";
import { unreachable } from "../kit/unreachable.ts";
import { createAtomic, readIfExists, removeFile } from "../host/files.ts";
import { createSpec } from "../store/spec-files.ts";
import { finishLanding, requirePublished } from "./control.ts";
import { requireName, requireReason, requireUndecided, type Undecided } from "./decide.ts";
import { publishMarks } from "./engine/mark.ts";
import { openSession, type Session } from "./engine/session.ts";
import { requireId, type Workspace } from "./workspace.ts";

export interface RejectRequest {
  readonly reason: string;
  /** Git's user when left out. */
  readonly by?: string | undefined;
}

export interface Rejected {
  readonly id: SpecId;
  readonly by: string;
  readonly reason: string;
  /** The spec that it now waits for, or the members that it was split into. */
  readonly added: readonly SpecId[];
  /** Why nothing followed although the configuration asks for something. */
  readonly note?: string;
}

/** What follows from a rejection, with the files that it needs on disk. */
interface Followed {
  readonly besides: FrontMatterChanges;
  readonly added: readonly SpecId[];
  /** Those that were not there before. */
  readonly created: readonly SpecId[];
}

/**
 * Rejects a spec that has not started, with what `approval.rejection_action` asks for, in one step on the target. New
 * files are written first, and taken away again when that step is held back; after a kill in between, to repeat the
 * command takes up what is there.
 * @throws ChantError USAGE, APPROVAL_REFUSED when it has started, LANDING_WAITS
 */
export async function reject(
  workspace: Workspace,
  partial: string,
  request: RejectRequest,
  onEvent: (event: ChantEvent) => void,
): Promise<Rejected> {
  const reason = requireReason(request.reason);
  const id = await requireId(workspace, partial);
  using session = await openSession(workspace.repo, onEvent);
  const { engine, specsOf } = session;
  const by = requireName(request.by ?? engine.settings.committer);
  await finishLanding(session);
  const found = await requireUndecided(session, id);
  const { spec, target, facts } = found;
  const { rejectionAction } = engine.config.approval;
  const others = [...facts.shown.keys()].filter((each) => !isOwnMember(found, each));
  const consequence = consequenceOf(spec, reason, rejectionAction, others);
  const { besides, added, created } = await follow(session, found, consequence);
  const nowMs = engine.clock.nowMs();
  const marks: readonly Mark[] = [...added.map(addMark), rejectMark(spec, { by, reason, besides }, nowMs)];
  const waits = await publishMarks(engine, target, specsOf(target), marks);
  if (waits !== undefined) await Promise.all(created.map((each) => removeFile(fileOf(session, each))));
  requirePublished(id, waits);
  const note = consequence.kind === "none" ? consequence.note : undefined;
  return { id, by, reason, added, ...(note === undefined ? {} : { note }) };
}

const fileOf = ({ engine }: Session, id: SpecId): string => join(engine.places.specs, `${id}.md`);

/** A member that an interrupted rejection of the same spec has written, and nobody has touched since. */
function isOwnMember({ spec, facts }: Undecided, id: SpecId): boolean {
  const planned = consequenceOf(spec, "", "group", []);
  const member = planned.kind === "split" ? planned.members.find((each) => each.id === id) : undefined;
  return member !== undefined && facts.shown.get(id)?.text === newSpecText(member.spec);
}

async function follow(
  session: Session,
  { spec, facts }: Undecided,
  consequence: Consequence,
): Promise<Followed> {
  switch (consequence.kind) {
    case "none":
      return { besides: {}, added: [], created: [] };
    case "fix": {
      const { title } = consequence.spec;
      const there = [...facts.shown.values()].find((each) => isOpenFix(each, title));
      const id = there?.id ?? (await createFix(session, newSpecText(consequence.spec)));
      const dependsOn = [...new Set([...spec.dependsOn, id])];
      return { besides: { depends_on: dependsOn }, added: [id], created: there === undefined ? [id] : [] };
    }
    case "split": {
      const created: SpecId[] = [];
      for (const member of consequence.members) {
        const text = newSpecText(member.spec);
        const path = fileOf(session, member.id);
        if (await createAtomic(path, text)) created.push(member.id);
        else if ((await readIfExists(path)) !== text) throw appeared(member.id);
      }
      return { besides: consequence.changes, added: consequence.members.map(({ id }) => id), created };
    }
    default:
      return unreachable(consequence);
  }
}

/** One of an earlier rejection of the same spec: it still waits to be done. */
const isOpenFix = (spec: Parameters<typeof isBroken>[0], title: string): boolean =>
  !isBroken(spec) && spec.title === title && spec.status === "pending";

const createFix = ({ engine }: Session, text: string): Promise<SpecId> =>
  engine.kernelLock.hold(() => createSpec(engine.places.specs, engine.clock, () => text));

const appeared = (id: Spec["id"]): ChantError =>
  new ChantError("FILE_REFUSED", `${id} was written just now by somebody else, so nothing was rejected.`, {
    hint: "Look at it, then try again.",
  });
