import { plural } from "../kit/text.ts";
import { compareIds } from "../domain/id.ts";
import { isBroken, type SpecType } from "../domain/spec.ts";
import { type Status, STATUSES } from "../domain/status.ts";
import type { ShownStatus, SpecView } from "../app/overview.ts";
import { isOver } from "../app/standing.ts";

/** The words that `--status` takes, in the order in which the list shows them. */
export const LIST_STATUSES = [
  "interrupted",
  "in_progress",
  "needs_attention",
  "failed",
  "paused",
  "broken",
  "pending",
  "blocked",
  "completed",
  "cancelled",
] as const satisfies readonly ShownStatus[];

export type ListStatus = (typeof LIST_STATUSES)[number];

export interface ListFilter {
  readonly statuses: readonly ListStatus[];
  readonly labels: readonly string[];
  readonly types: readonly SpecType[];
  readonly all: boolean;
  /** Only what `work` would take. */
  readonly ready: boolean;
}

/** Nothing is to be done about these now. */
const QUIET: readonly ShownStatus[] = ["blocked", "completed", "cancelled"];

/** How many specs of each quiet status were left out. */
export type Hidden = ReadonlyMap<ShownStatus, number>;

/** Tells whether a list says no more of a spec than that it is there, if that: such a spec need not be read. */
export function isPassedOver(
  { statuses, labels, types, all, ready }: ListFilter,
  isSummary: boolean,
  status: Status,
): boolean {
  // What a summary counts must not be counted when it was not asked for.
  const isPlain = statuses.length === 0 && labels.length === 0 && types.length === 0 && !ready;
  if (!isOver(status)) return false;
  if (isSummary) return isPlain;
  if (ready) return true;
  if (statuses.length > 0) return !statuses.some((each) => each === status);
  return !all && isPlain;
}

/**
 * Chooses what a list shows, in its order, and counts what it leaves out although the filter would have let it in.
 * @param passedOver how many of each status were not read
 */
export function filterList(
  specs: readonly SpecView[],
  filter: ListFilter,
  passedOver: ReadonlyMap<Status, number> = new Map(),
): { readonly shown: readonly SpecView[]; readonly hidden: Hidden } {
  const isQuietHidden = !filter.all && filter.statuses.length === 0 && !filter.ready;
  const hidden = new Map<ShownStatus, number>(isQuietHidden ? passedOver : []);
  const shown = specs.filter((view) => {
    if (!matches(view, filter)) return false;
    if (!isQuietHidden || !QUIET.includes(view.status)) return true;
    hidden.set(view.status, (hidden.get(view.status) ?? 0) + 1);
    return false;
  });
  return { shown: shown.toSorted(byStatusThenId), hidden };
}

/** Tells whether a filter lets a spec in. */
export function matches(view: SpecView, { statuses, labels, types, ready }: ListFilter): boolean {
  const { spec, status, notReady } = view;
  if (ready && notReady !== undefined) return false;
  if (statuses.length > 0 && !statuses.includes(status)) return false;
  if (labels.length === 0 && types.length === 0) return true;
  if (isBroken(spec)) return false;
  return (
    labels.every((label) => spec.labels.includes(label)) && (types.length === 0 || types.includes(spec.type))
  );
}

const byStatusThenId = (a: SpecView, b: SpecView): number =>
  LIST_STATUSES.indexOf(a.status) - LIST_STATUSES.indexOf(b.status) || compareIds(a.id, b.id);

/** Returns the last line of a list: what it leaves out, or that there is nothing. */
export function hiddenLine(shown: number, hidden: Hidden): string {
  const counts = [...STATUSES, "blocked" as const].flatMap((status) => {
    const count = hidden.get(status) ?? 0;
    return count === 0 ? [] : [`${count} ${status}`];
  });
  if (counts.length === 0) return shown === 0 ? "No specs." : "";
  return `${plural(shown, "spec")}; not shown: ${counts.join(", ")} (see them with --all).`;
}
