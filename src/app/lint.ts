import { join } from "node:path";
import { driverOf, isSpecId, resolveId, type SpecId } from "../domain/id.ts";
import type { Finding } from "../domain/lint/finding.ts";
import { lint } from "../domain/lint/lint.ts";
import { listedMembers } from "../domain/lint/names.ts";
import { type LintWorld, readable } from "../domain/lint/world.ts";
import { listIfExists, statIfExists } from "../host/files.ts";
import { SPEC_FOLDER } from "../store/places.ts";
import { SpecFiles } from "../store/spec-files.ts";
import { dependencyStates } from "./dependencies.ts";
import { readRecords } from "./engine/record.ts";
import { requireInitialised, type Workspace } from "./workspace.ts";

export interface LintReport {
  /** File by file, from top to bottom. */
  readonly findings: readonly Finding[];
  /** How many specs were held against the rules. */
  readonly specs: number;
}

/**
 * Holds the specs on disk against the rules; changes nothing.
 * @param partials parts of ids; without any, all specs and whatever else lies in their folder
 * @throws ChantError NOT_INITIALISED, SPEC_UNKNOWN, SPEC_AMBIGUOUS
 */
export async function lintSpecs(workspace: Workspace, partials: readonly string[]): Promise<LintReport> {
  await requireInitialised(workspace);
  const world = await readWorld(workspace);
  if (partials.length === 0) return { findings: lint(world), specs: world.specs.size };
  const ids = [...new Set(partials.map((partial) => resolveId(partial, world.specs.keys())))];
  return { findings: lint(world, ids), specs: ids.length };
}

async function readWorld(workspace: Workspace): Promise<LintWorld> {
  const { places } = workspace;
  const [specs, records, otherFiles] = await Promise.all([
    new SpecFiles(places.specs).all(),
    readRecords(places),
    readOtherFiles(places.specs),
  ]);
  const isElsewhere = (id: SpecId): boolean => !specs.has(id) && !records.has(id);
  const named = readable(specs).flatMap(({ dependsOn }) => dependsOn);
  const members = readable(specs).flatMap(({ text }) => listedMembers(text).filter(isSpecId));
  const asked = [...named, ...members, ...driversOf(specs.keys())].filter(isElsewhere);
  const states = await dependencyStates(workspace, specs, asked);
  const found = [...states].flatMap(([id, state]) => (state === "missing" ? [] : [id]));
  return {
    folder: SPEC_FOLDER,
    otherFiles,
    specs,
    known: new Set([...records.keys(), ...found]),
    runs: new Set(records.keys()),
  };
}

function driversOf(ids: Iterable<SpecId>): readonly SpecId[] {
  const drivers = new Set<SpecId>();
  for (const id of ids) {
    for (let driver = driverOf(id); driver !== undefined; driver = driverOf(driver)) drivers.add(driver);
  }
  return [...drivers];
}

/** What begins with a dot is an editor's, the system's or chant's own. */
async function readOtherFiles(folder: string): Promise<LintWorld["otherFiles"]> {
  const names = (await listIfExists(folder)).filter(
    (name) => !name.startsWith(".") && !(name.endsWith(".md") && isSpecId(name.slice(0, -3))),
  );
  return Promise.all(
    names.map(async (name) => ({
      name,
      isFolder: (await statIfExists(join(folder, name)))?.isDirectory() === true,
    })),
  );
}
