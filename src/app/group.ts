import { allMembersOf, driverMeant } from "../domain/group.ts";
import { resolveId, type SpecId } from "../domain/id.ts";
import { readOverview, type SpecView } from "./overview.ts";
import type { Workspace } from "./workspace.ts";

/** A driver and its members at every depth, in order. */
export interface GroupView {
  readonly driver: SpecView;
  /** Empty when the spec is in no group. */
  readonly members: readonly SpecView[];
}

/**
 * Reads the group that a person means: that of a driver, or the whole one that a member belongs to.
 * @throws ChantError NOT_INITIALISED, SPEC_UNKNOWN, SPEC_AMBIGUOUS
 */
export async function readGroup(workspace: Workspace, partial: string): Promise<GroupView> {
  const { specs } = await readOverview(workspace);
  const views = new Map(specs.map((view) => [view.id, view]));
  const id = resolveId(partial, views.keys());
  const driver = driverMeant(id, views.keys()) ?? id;
  const viewOf = (each: SpecId): SpecView => {
    const view = views.get(each);
    if (view === undefined) throw new Error(`${each} was found and is not there`);
    return view;
  };
  return { driver: viewOf(driver), members: allMembersOf(driver, views.keys()).map(viewOf) };
}
