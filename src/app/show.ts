import { join, relative } from "node:path";
import type { DependencyState } from "../domain/graph.ts";
import { dependentsOf } from "../domain/graph.ts";
import { membersOf } from "../domain/group.ts";
import { type SpecId, resolveId } from "../domain/id.ts";
import { isBroken } from "../domain/spec.ts";
import { statIfExists } from "../host/files.ts";
import { specLogFile } from "../store/places.ts";
import { dependencyStates } from "./dependencies.ts";
import { readableSpecs, readOverview, type SpecView } from "./overview.ts";
import type { Workspace } from "./workspace.ts";

/** A spec with all that is known about it. */
export interface SpecDetails extends SpecView {
  /** Relative to home. */
  readonly path: string;
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
  const { specs, onDisk } = await readOverview(workspace, { isThorough: true });
  const id = resolveId(
    partial,
    specs.map((spec) => spec.id),
  );
  const view = specs.find((spec) => spec.id === id);
  if (view === undefined) throw new Error(`${id} was resolved and is not there`);
  const dependsOn = isBroken(view.spec) ? [] : view.spec.dependsOn;
  const states = await dependencyStates(repo, onDisk, dependsOn, { target: view.run?.target });
  const members = new Set(membersOf(id, onDisk.keys()));
  const log = specLogFile(places.logs, id);
  return {
    ...view,
    path: relative(repo.home, join(places.specs, `${id}.md`)),
    dependencies: [...states].map(([each, state]) => ({ id: each, state })),
    dependents: dependentsOf(id, readableSpecs(onDisk)),
    members: specs.filter((spec) => members.has(spec.id)),
    ...((await statIfExists(log)) === undefined ? {} : { log: relative(repo.home, log) }),
  };
}
