import { join, relative } from "node:path";
import { ChantError } from "../kit/errors.ts";
import type { SpecId } from "../domain/id.ts";
import { type BrokenSpec, isBroken, type Spec } from "../domain/spec.ts";
import type { ArchiveFiles } from "../store/archive-files.ts";
import { archiveLocation } from "../store/config.ts";
import type { Workspace } from "./workspace.ts";

/** A spec in the archive. */
export interface ArchivedSpec {
  readonly id: SpecId;
  readonly title: string;
  readonly status: Spec["status"] | "broken";
  /** Relative to home; undefined when only the archive's index knows it in this clone. */
  readonly path?: string;
  readonly spec?: Spec | BrokenSpec;
}

/** @throws ChantError SPEC_UNKNOWN */
export async function readArchived(
  workspace: Workspace,
  archive: ArchiveFiles,
  id: SpecId,
): Promise<ArchivedSpec> {
  const [below, spec, entry] = await Promise.all([archive.pathOf(id), archive.get(id), archive.entryOf(id)]);
  if (below === undefined || spec === undefined) {
    if (entry === undefined) throw new ChantError("SPEC_UNKNOWN", `There is no spec ${id} in the archive.`);
    return { id, title: entry.title, status: entry.status === "cancelled" ? "cancelled" : "completed" };
  }
  const { repo, places } = workspace;
  const path = relative(repo.home, join(repo.home, await archiveLocation(places), below));
  return isBroken(spec)
    ? { id, title: id, status: "broken", path, spec }
    : { id, title: spec.title, status: spec.status, path, spec };
}
