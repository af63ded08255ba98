import { isBroken } from "../domain/spec.ts";
import type { SpecId } from "../domain/id.ts";
import type { Status } from "../domain/status.ts";
import type { Overview, ShownStatus, SpecView, WaitedFor } from "./overview.ts";

/** In the order in which they matter to a person. */
export const STATUS_ORDER: readonly ShownStatus[] = [
  "in_progress",
  "interrupted",
  "needs_attention",
  "failed",
  "broken",
  "paused",
  "pending",
  "blocked",
  "completed",
  "cancelled",
];

/** How many specs there are of each status; those without any are left out. */
export type StatusCounts = Readonly<Record<string, number>>;

/** @param passedOver how many of each status have no view */
export function countStatuses(
  specs: readonly Pick<SpecView, "status">[],
  passedOver: Overview["passedOver"] = new Map(),
): StatusCounts {
  const counts = new Map<ShownStatus, number>(passedOver);
  for (const { status } of specs) counts.set(status, (counts.get(status) ?? 0) + 1);
  return Object.fromEntries(
    STATUS_ORDER.flatMap((status) => {
      const count = counts.get(status) ?? 0;
      return count === 0 ? [] : [[status, count] as const];
    }),
  );
}

/** Nothing is to be said of these but how many there are. */
export const isOver = (status: Status): boolean => status === "completed" || status === "cancelled";

/** Nothing goes on with it until a person does something. */
export const needsPerson = ({ status }: Pick<SpecView, "status">): boolean =>
  status === "failed" || status === "needs_attention" || status === "broken";

/** Returns why a spec needs a person, without a last period; undefined when nothing says. */
export function stopReason({ spec, run }: Pick<SpecView, "spec" | "run">): string | undefined {
  if (isBroken(spec)) return `line ${spec.line}, column ${spec.column}: ${spec.message.replace(/\.$/, "")}`;
  return (run?.parked?.reason ?? spec.attention?.reason)?.replace(/\.$/, "");
}

/** A spec that needs a person. */
export interface Stopped {
  readonly id: SpecId;
  readonly title: string;
  readonly status: ShownStatus;
  readonly reason?: string;
}

/** A spec that waits for others. */
export interface Blocked {
  readonly id: SpecId;
  readonly title: string;
  readonly waitsFor: readonly WaitedFor[];
}

/** All specs in a few figures, and by name those that do not go on by themselves. */
export interface Summary {
  readonly counts: StatusCounts;
  readonly attention: readonly Stopped[];
  readonly blocked: readonly Blocked[];
}

export const summarise = (
  specs: readonly SpecView[],
  passedOver: Overview["passedOver"] = new Map(),
): Summary => ({
  counts: countStatuses(specs, passedOver),
  attention: specs.filter(needsPerson).map(stoppedOf),
  blocked: specs.filter(({ status }) => status === "blocked").map(blockedOf),
});

export function stoppedOf(view: SpecView): Stopped {
  const { id, title, status } = view;
  const reason = stopReason(view);
  return { id, title, status, ...(reason === undefined ? {} : { reason }) };
}

const blockedOf = ({ id, title, waitsFor }: SpecView): Blocked => ({ id, title, waitsFor });
