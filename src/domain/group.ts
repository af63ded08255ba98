import { compareIds, driverOf, isMemberOf } from "./id.ts";
import type { SpecId } from "./id.ts";
import type { Status } from "./status.ts";

/** Returns the direct members of a driver among the ids, in order: `a.1` and `a.2` of `a`, not `a.2.1`. */
export const membersOf = (driver: SpecId, ids: Iterable<SpecId>): readonly SpecId[] =>
  [...ids].filter((id) => driverOf(id) === driver).toSorted(compareIds);

/** Returns the members of a driver at every depth, in order. */
export const allMembersOf = (driver: SpecId, ids: Iterable<SpecId>): readonly SpecId[] =>
  [...ids].filter((id) => isMemberOf(id, driver)).toSorted(compareIds);

/** Returns the members of every driver at every depth, also of drivers that do not exist, in the order of the ids. */
export function membersByDriver(ids: Iterable<SpecId>): ReadonlyMap<SpecId, readonly SpecId[]> {
  const members = new Map<SpecId, SpecId[]>();
  for (const id of ids) {
    for (let driver = driverOf(id); driver !== undefined; driver = driverOf(driver)) {
      const known = members.get(driver);
      if (known === undefined) members.set(driver, [id]);
      else known.push(id);
    }
  }
  return members;
}

/** Returns the drivers above a spec that exist, nearest first. A gap in the chain (`a.2` of `a.2.1` missing) is stepped over. */
export function driversAbove(id: SpecId, ids: Pick<ReadonlySet<SpecId>, "has">): readonly SpecId[] {
  const drivers: SpecId[] = [];
  for (let driver = driverOf(id); driver !== undefined; driver = driverOf(driver)) {
    if (ids.has(driver)) drivers.push(driver);
  }
  return drivers;
}

/** Returns a spec's whole group: the topmost driver that exists and all its members. Alone when it has neither. */
export function groupOf(id: SpecId, ids: Iterable<SpecId>): readonly SpecId[] {
  const known = new Set(ids);
  const top = driversAbove(id, known).at(-1) ?? id;
  return [top, ...allMembersOf(top, known)];
}

/**
 * Returns the drivers that are complete now that some specs have changed, innermost first: every member at every depth
 * is completed, where cancelled ones do not count as long as one is completed, and the driver itself is neither
 * completed nor cancelled. A driver completed this way counts for the one above it. All drivers of the groups are looked
 * at, so that one which an earlier landing missed is made good. A driver's own criteria do not count: its members decide.
 * `statusOf` answers for the time after the change; undefined (a file that cannot be read) counts as open.
 */
export function completedDrivers(
  changed: readonly SpecId[],
  statusOf: (id: SpecId) => Status | undefined,
  ids: Iterable<SpecId>,
): readonly SpecId[] {
  const known = new Set(ids);
  const found = new Set<SpecId>();
  for (const driver of driversOfGroups(changed, known)) {
    const own = statusOf(driver);
    if (own === undefined || own === "completed" || own === "cancelled") continue;
    const statuses = allMembersOf(driver, known).map((id) => (found.has(id) ? "completed" : statusOf(id)));
    const isEach = statuses.every((status) => status === "completed" || status === "cancelled");
    if (isEach && statuses.includes("completed")) found.add(driver);
  }
  return [...found];
}

const depthOf = (id: SpecId): number => id.split(".").length;

/** Returns all drivers of the groups that some specs belong to, the deepest first. */
function driversOfGroups(specs: readonly SpecId[], known: ReadonlySet<SpecId>): readonly SpecId[] {
  const topOf = (id: SpecId): SpecId => driversAbove(id, known).at(-1) ?? id;
  const tops = new Set(specs.map(topOf));
  const drivers = new Set([...known].flatMap((id) => driversAbove(id, known)));
  return [...drivers]
    .filter((driver) => tops.has(topOf(driver)))
    .toSorted((a, b) => depthOf(b) - depthOf(a) || compareIds(a, b));
}

/**
 * Returns the driver whose group a person means by an id: the spec itself where it has members, else the topmost driver
 * above it; undefined when it has neither.
 */
export function driverMeant(id: SpecId, ids: Iterable<SpecId>): SpecId | undefined {
  const known = new Set(ids);
  return allMembersOf(id, known).length > 0 ? id : driversAbove(id, known).at(-1);
}
