import { relative, resolve } from "node:path";
import { ChantError } from "../kit/errors.ts";
import {
  createdOn,
  type ExportedSpec,
  type ExportFieldName,
  type ExportFormat,
  exportWriter,
} from "../domain/export.ts";
import { compareIds } from "../domain/id.ts";
import { redactor } from "../domain/redact.ts";
import { isBroken, type SpecType } from "../domain/spec.ts";
import { writeStreamed } from "../host/stream-file.ts";
import { readConfig } from "../store/config.ts";
import { specPath } from "../store/places.ts";
import { listSpecIds, SpecFiles } from "../store/spec-files.ts";
import { readArchived } from "./archived.ts";
import { readRecords } from "./engine/record.ts";
import { statusOf } from "./overview.ts";
import { viewRun } from "./run-view.ts";
import { openArchive, requireInitialised, type Workspace } from "./workspace.ts";

/** Which specs to export; an empty list lets all of them in. */
export interface ExportRequest {
  readonly format: ExportFormat;
  readonly fields?: readonly ExportFieldName[];
  readonly statuses: readonly string[];
  readonly types: readonly SpecType[];
  readonly labels: readonly string[];
  /** Also what is in the archive. */
  readonly hasArchived: boolean;
  /** The first and the last day of writing, such as 2026-01-31. */
  readonly from?: string;
  readonly to?: string;
}

/**
 * Returns an export piece by piece, one spec after the other in the order of ids.
 * @throws ChantError NOT_INITIALISED
 */
export async function* exportSpecs(
  workspace: Workspace,
  request: ExportRequest,
): AsyncGenerator<string, void, void> {
  const writer = exportWriter(request.format, request.fields);
  const { redact: secrets } = await readConfig(workspace.places);
  const redact = redactor(secrets.patterns, process.env);
  let isFirst = true;
  for await (const exported of exportedSpecs(workspace, request.hasArchived)) {
    if (!isWanted(exported, request)) continue;
    yield `${isFirst ? writer.head : ""}${redact(writer.record(exported, isFirst))}`;
    isFirst = false;
  }
  yield `${isFirst ? writer.head : ""}${writer.foot}`;
}

async function* exportedSpecs(
  workspace: Workspace,
  hasArchived: boolean,
): AsyncGenerator<ExportedSpec, void, void> {
  await requireInitialised(workspace);
  const { places } = workspace;
  const records = await readRecords(places);
  const active = new Set(await listSpecIds(places.specs));
  const archive = await openArchive(workspace);
  const archived = hasArchived ? await archive.ids() : [];
  for (const id of [...new Set([...active, ...archived])].toSorted(compareIds)) {
    // A reader of its own for each: what was read is not kept.
    const spec = await new SpecFiles(places.specs).get(id);
    const record = records.get(id);
    if (spec === undefined) {
      const found = active.has(id) ? undefined : await readArchived(workspace, archive, id);
      // One that only the archive's index knows has no text to export.
      if (found?.spec === undefined) continue;
      yield { spec: found.spec, status: found.status, path: found.path ?? "", isArchived: true };
      continue;
    }
    const run = record === undefined ? undefined : await viewRun(places, record);
    yield {
      spec,
      status: statusOf(isBroken(spec) ? "broken" : spec.status, run, false),
      path: specPath(id),
      isArchived: false,
    };
  }
}

function isWanted(
  { spec, status }: ExportedSpec,
  { statuses, types, labels, from, to }: ExportRequest,
): boolean {
  const day = createdOn(spec.id) ?? "";
  if (statuses.length > 0 && !statuses.includes(status)) return false;
  if ((from !== undefined && day < from) || (to !== undefined && day > to)) return false;
  if (types.length === 0 && labels.length === 0) return true;
  if (isBroken(spec)) return false;
  return (
    (types.length === 0 || types.includes(spec.type)) && labels.every((label) => spec.labels.includes(label))
  );
}

/**
 * Writes an export into a file, which is there whole or as it was before.
 * @throws ChantError FILE_REFUSED for a path inside .chant or a folder
 */
export async function exportToFile(
  workspace: Workspace,
  request: ExportRequest,
  file: { readonly cwd: string; readonly path: string },
): Promise<{ readonly path: string; readonly bytes: number }> {
  const path = resolve(file.cwd, file.path);
  if (!relative(workspace.places.chant, path).startsWith("..")) {
    throw new ChantError("FILE_REFUSED", `${file.path} is inside .chant, which is for chant's own files.`, {
      hint: "Name a file somewhere else. Nothing was written.",
    });
  }
  return { path, bytes: await writeStreamed(path, exportSpecs(workspace, request)) };
}
