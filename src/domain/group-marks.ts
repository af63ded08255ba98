import { completedDrivers, driversAbove } from "./group.ts";
import type { SpecId } from "./id.ts";
import { completeDriverMark, type Mark, reopenMark } from "./mark.ts";
import { isStatus, type Status } from "./status.ts";

/** How specs stand on a target before some marks. */
export interface GroupWorld {
  readonly ids: ReadonlySet<SpecId>;
  /** Undefined: its file cannot be read. */
  readonly statusOf: (id: SpecId) => Status | undefined;
  /** Whether a driver was completed by its members. */
  readonly isAutoCompleted: (id: SpecId) => boolean;
}

/**
 * Returns the marks that follow from others for the drivers above: a member that is completed, cancelled or removed may
 * have been the last open one; one that is pending again opens the drivers that it had completed.
 */
export function driverMarks(marks: readonly Mark[], world: GroupWorld, nowMs: number): readonly Mark[] {
  const after = new Map(marks.map((mark) => [mark.id, statusAfter(mark)] as const));
  const ids = new Set([...world.ids].filter((id) => after.get(id) !== "removed"));
  const statusOf = (id: SpecId): Status | undefined => {
    const now = after.get(id);
    return now === undefined || now === "removed" ? world.statusOf(id) : now;
  };
  const found = new Map<SpecId, Mark>();
  const closed: SpecId[] = [];
  for (const [id, status] of after) {
    if (status === "completed" || status === "cancelled" || status === "removed") closed.push(id);
    if (status !== "pending") continue;
    for (const driver of driversAbove(id, ids)) {
      if (statusOf(driver) === "completed" && world.isAutoCompleted(driver)) {
        found.set(driver, reopenMark(driver, id));
      }
    }
  }
  const isOpen = (id: SpecId): boolean => found.has(id);
  const now = (id: SpecId): Status | undefined => (isOpen(id) ? "pending" : statusOf(id));
  for (const driver of closed.length === 0 ? [] : completedDrivers(closed, now, ids)) {
    found.set(driver, completeDriverMark(driver, nowMs));
  }
  return [...found.values()].filter((mark) => !after.has(mark.id));
}

function statusAfter({ changes }: Mark): Status | "removed" | undefined {
  if (changes === "remove") return "removed";
  const { status } = changes;
  return typeof status === "string" && isStatus(status) ? status : undefined;
}
