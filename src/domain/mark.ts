import { approved, rejected } from "./approval.ts";
import { untickAll } from "./criteria.ts";
import { editFrontMatter, type FrontMatterChanges } from "./front-matter.ts";
import type { SpecId } from "./id.ts";
import type { Spec } from "./spec.ts";
import type { Status } from "./status.ts";

/** What a person decided about one spec: a change of its front matter, or its removal, and the commit's message. */
export interface Mark {
  readonly id: SpecId;
  readonly changes: FrontMatterChanges | "remove";
  readonly message: string;
  /** Commits what stands on disk with it; otherwise the user's uncommitted edits in the file stay uncommitted. */
  readonly isAsOnDisk?: boolean;
  /** Empties the boxes of its criteria as well: what an earlier run has shown says nothing about the next one. */
  readonly isUnticked?: boolean;
}

/** Returns a spec's text with a mark in it. */
export const markedText = (
  text: string,
  {
    changes,
    isUnticked,
  }: { readonly changes: FrontMatterChanges; readonly isUnticked?: boolean | undefined },
): string => {
  const edited = editFrontMatter(text, changes);
  return isUnticked === true ? untickAll(edited) : edited;
};

/** All that an earlier run wrote: gone when a spec is to be worked anew. */
const OF_A_RUN: FrontMatterChanges = {
  attention: undefined,
  retry: undefined,
  completed_at: undefined,
  commits: undefined,
  usage: undefined,
  auto_completed: undefined,
  no_changes: undefined,
  cancelled_at: undefined,
};

/** RFC 3339 in UTC, whole seconds. */
export const timeText = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

export const resetMark = (id: SpecId): Mark => ({
  id,
  changes: { ...OF_A_RUN, status: "pending" },
  message: `Reset ${id}`,
  isUnticked: true,
});

/** Opens a driver that is completed. */
export const REOPENED: FrontMatterChanges = { ...OF_A_RUN, status: "pending" };

/** A completed driver of which a member is open: again, or because it is new. */
export const reopenMark = (driver: SpecId, member: SpecId): Mark => ({
  id: driver,
  changes: REOPENED,
  message: `Reopen ${driver}: ${member} is open`,
});

/** What a driver becomes when its members are through. `atText` is RFC 3339. */
export const driverCompletion = (atText: string): FrontMatterChanges => ({
  status: "completed",
  completed_at: atText,
  auto_completed: true,
  attention: undefined,
  retry: undefined,
});

/** A driver whose members are through, where no landing of one of them says so. */
export const completeDriverMark = (driver: SpecId, nowMs: number): Mark => ({
  id: driver,
  changes: driverCompletion(timeText(nowMs)),
  message: `Complete ${driver}: its members are completed`,
});

/**
 * `status` is pending, or, of what had landed before its file was removed, completed. Boxes that were ticked when it
 * was completed are empty where it is to be worked anew; what a person ticked in one that never was stays.
 */
export const restoreMark = ({ id, completedAt }: Spec, status: Status): Mark => ({
  id,
  changes: status === "completed" ? { status } : { ...OF_A_RUN, status },
  message: `Restore ${id}`,
  isUnticked: status !== "completed" && completedAt !== undefined,
});

export const cancelMark = (id: SpecId, nowMs: number): Mark => ({
  id,
  changes: { status: "cancelled", cancelled_at: timeText(nowMs) },
  message: `Cancel ${id}`,
});

export const removeMark = (id: SpecId): Mark => ({ id, changes: "remove", message: `Delete ${id}` });

export const pauseMark = (id: SpecId): Mark => ({
  id,
  changes: { status: "paused" },
  message: `Pause ${id}`,
});

export const resumeMark = (id: SpecId): Mark => ({
  id,
  changes: { status: "in_progress", attention: undefined },
  message: `Resume ${id}`,
});

/** Somebody works on it in the checkout itself: no branch, no worktree. */
export const startHereMark = (id: SpecId): Mark => ({
  id,
  changes: { status: "in_progress", attention: undefined },
  message: `Start ${id} here`,
});

/** A person's leave to start a spec as it stands on disk, which is what is committed. */
export const approveMark = (spec: Spec, by: string, nowMs: number): Mark => ({
  id: spec.id,
  changes: { approval: approved(spec, by, timeText(nowMs)) },
  message: `Approve ${spec.id}\n\nApproved-by: ${by}`,
  isAsOnDisk: true,
});

/** A person's no, with what else becomes of the spec. */
export const rejectMark = (
  spec: Spec,
  { by, reason, besides = {} }: { by: string; reason: string; besides?: FrontMatterChanges },
  nowMs: number,
): Mark => ({
  id: spec.id,
  changes: { ...besides, approval: rejected(spec, by, timeText(nowMs), reason) },
  message: `Reject ${spec.id}\n\n${reason}\n\nRejected-by: ${by}`,
  isAsOnDisk: true,
});

/** A file that chant has just written is committed as it stands. */
export const addMark = (id: SpecId): Mark => ({ id, changes: {}, message: `Add ${id}`, isAsOnDisk: true });

/** Done in the checkout itself. `forcedBy` names who said so although criteria are open. */
export const finalizeMark = (id: SpecId, nowMs: number, forcedBy?: string): Mark => ({
  id,
  changes: { status: "completed", completed_at: timeText(nowMs), attention: undefined, retry: undefined },
  message: `Finalize ${id}${forcedBy === undefined ? "" : `\n\nForced-by: ${forcedBy}`}`,
});
