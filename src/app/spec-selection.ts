import { driversAbove, membersByDriver } from "../domain/group.ts";
import { driverOf, type SpecId } from "../domain/id.ts";
import { type BrokenSpec, isBroken, type Spec } from "../domain/spec.ts";
import type { Status } from "../domain/status.ts";
import type { SpecShelf } from "../store/spec-shelf.ts";

/** The specs of a checkout, as far as somebody has to do with them. */
export interface Selection {
  /** Those that were not passed over. */
  readonly specs: ReadonlyMap<SpecId, Spec | BrokenSpec>;
  /** What those that are pending depend on, of what was passed over. */
  readonly needed: ReadonlyMap<SpecId, Spec | BrokenSpec>;
  /** All members of drivers, passed over or not. */
  readonly memberIds: readonly SpecId[];
  /** How many of each status were passed over. */
  readonly passedOver: ReadonlyMap<Status, number>;
}

/** Reads all but what is passed over, which costs next to nothing where the index knows its status. */
export async function selectSpecs(
  shelf: SpecShelf,
  isPassedOver: (id: SpecId, status: Status) => boolean,
): Promise<Selection> {
  const passedOver = new Map<Status, number>();
  const passes = (id: SpecId, status: Status | "broken" | undefined): boolean => {
    if (status === undefined || status === "broken" || !isPassedOver(id, status)) return false;
    passedOver.set(status, (passedOver.get(status) ?? 0) + 1);
    return true;
  };
  const wanted: SpecId[] = [];
  const memberIds: SpecId[] = [];
  for (const id of shelf.ids) {
    if (driverOf(id) !== undefined) memberIds.push(id);
    if (!passes(id, shelf.headOf(id)?.status)) wanted.push(id);
  }
  const specs = new Map(await shelf.read(wanted));
  for (const [id, spec] of specs) {
    // The index did not know it: it is passed over all the same.
    if (shelf.headOf(id) === undefined && !isBroken(spec) && passes(id, spec.status)) specs.delete(id);
  }
  const members = membersByDriver(memberIds);
  const needed = new Set<SpecId>();
  for (const spec of specs.values()) {
    if (isBroken(spec) || spec.status !== "pending") continue;
    const others = [...spec.dependsOn, ...driversAbove(spec.id, shelf), ...(members.get(spec.id) ?? [])];
    for (const id of others) if (!specs.has(id)) needed.add(id);
  }
  return { specs, needed: await shelf.read(needed), memberIds, passedOver };
}
