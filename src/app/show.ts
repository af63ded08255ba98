import { join, relative } from "node:path";
import type { DependencyState } from "../domain/graph.ts";
import { dependentsOf } from "../domain/graph.ts";
import { membersOf } from "../domain/group.ts";
import { driverOf, type SpecId } from "../domain/id.ts";
import { isBroken } from "../domain/spec.ts";
import { ChantError } from "../kit/errors.ts";
import { statIfExists } from "../host/files.ts";
import { specLogFile } from "../store/places.ts";
import type { SpecShelf } from "../store/spec-shelf.ts";
import { readArchived } from "./archived.ts";
import { dependencyStates } from "./dependencies.ts";
import { openShelf, readOverview, type SpecView } from "./overview.ts";
import { openArchive, requireId, type Workspace } from "./workspace.ts";

/** A spec with all that is known about it. */
export interface SpecDetails extends SpecView {
  /** Relative to home. */
  readonly path: string;
  readonly isArchived?: boolean;
  readonly dependencies: readonly { readonly id: SpecId; readonly state: DependencyState }[];
  /** What waits for it, directly or not. */
  readonly dependents: readonly SpecId[];
  readonly members: readonly SpecView[];
  /** Where what its agents have printed is, once there is some. */
  readonly log?: string;
}

/** @throws ChantError NOT_INITIALISED, SPEC_UNKNOWN, SPEC_AMBIGUOUS */
export async function showSpec(workspace: Workspace, partial: string): Promise<SpecDetails> {
  const { repo, places } = workspace;
  const id = await requireId(workspace, partial);
  const shelf = await openShelf(places);
  // Of all the others no more is told than whether they depend on it.
  const passOver = (other: SpecId): boolean => other !== id && driverOf(other) !== id;
  const { specs } = await readOverview(workspace, { isThorough: true, shelf, passOver });
  const view = specs.find((spec) => spec.id === id);
  if (view === undefined) return showArchived(workspace, id, shelf);
  const dependsOn = isBroken(view.spec) ? [] : view.spec.dependsOn;
  const onDisk = await shelf.read(dependsOn);
  const states = await dependencyStates(workspace, onDisk, dependsOn, { target: view.run?.target });
  const members = new Set(membersOf(id, shelf.ids));
  return {
    ...view,
    path: relative(repo.home, join(places.specs, `${id}.md`)),
    dependencies: [...states].map(([each, state]) => ({ id: each, state })),
    dependents: dependentsOf(id, await shelf.dependencies()),
    members: specs.filter((spec) => members.has(spec.id)),
    ...(await logOf(workspace, id)),
  };
}

async function logOf({ repo, places }: Workspace, id: SpecId): Promise<Pick<SpecDetails, "log">> {
  const log = specLogFile(places.logs, id);
  return (await statIfExists(log)) === undefined ? {} : { log: relative(repo.home, log) };
}

/** @throws ChantError SPEC_UNKNOWN when its file is not in this clone */
async function showArchived(workspace: Workspace, id: SpecId, shelf: SpecShelf): Promise<SpecDetails> {
  const { spec, status, title, path } = await readArchived(workspace, await openArchive(workspace), id);
  if (spec === undefined || path === undefined) {
    throw new ChantError(
      "SPEC_UNKNOWN",
      `${id} (${title}) is ${status} and archived; its file is not in this clone.`,
      {
        hint: "The archive is ignored by git here: look in the clone where it was archived, or in git log -- .chant/specs",
      },
    );
  }
  const criteria = isBroken(spec) ? [] : spec.criteria;
  const dependsOn = isBroken(spec) ? [] : spec.dependsOn;
  const states = await dependencyStates(workspace, await shelf.read(dependsOn), dependsOn);
  return {
    id,
    title,
    status,
    criteria: { done: criteria.filter(({ ticked }) => ticked).length, total: criteria.length },
    criteriaList: criteria,
    spec,
    waitsFor: [],
    notReady: "it is in the archive",
    isArchived: true,
    path,
    dependencies: [...states].map(([each, state]) => ({ id: each, state })),
    dependents: dependentsOf(id, await shelf.dependencies()),
    members: [],
    ...(await logOf(workspace, id)),
  };
}
