import { join } from "node:path";
import { driverOf, isSpecId, resolveId, type SpecId } from "../domain/id.ts";
import type { Finding } from "../domain/lint/finding.ts";
import { fixSpec } from "../domain/lint/fix.ts";
import { lint } from "../domain/lint/lint.ts";
import { listedMembers } from "../domain/lint/names.ts";
import { type LintWorld, readable } from "../domain/lint/world.ts";
import { listIfExists, statIfExists } from "../host/files.ts";
import { KernelLock } from "../host/kernel-lock.ts";
import { replaceFile } from "../host/replace-file.ts";
import { readConfig } from "../store/config.ts";
import { SPEC_FOLDER } from "../store/places.ts";
import { promptNames } from "../store/prompt-files.ts";
import { SpecFiles } from "../store/spec-files.ts";
import { dependencyStates } from "./dependencies.ts";
import { readRecords } from "./engine/record.ts";
import { requireInitialised, type Workspace } from "./workspace.ts";

export interface LintReport {
  /** File by file, from top to bottom. */
  readonly findings: readonly Finding[];
  /** How many specs were held against the rules. */
  readonly specs: number;
  /** What `fixSpecs` mended: it is not among the findings any more. */
  readonly fixed?: readonly Finding[];
}

/**
 * Holds the specs on disk against the rules; changes nothing.
 * @param partials parts of ids; without any, all specs and whatever else lies in their folder
 * @throws ChantError NOT_INITIALISED, SPEC_UNKNOWN, SPEC_AMBIGUOUS
 */
export async function lintSpecs(workspace: Workspace, partials: readonly string[]): Promise<LintReport> {
  await requireInitialised(workspace);
  return reportOf(workspace, await readWorld(workspace), partials);
}

/**
 * The same, after mending what only one thing can have been meant by. A spec with a run is left alone, for its agent has
 * a copy of its own, and so is a file that somebody saves at that moment. Nothing is committed.
 * @throws ChantError as `lintSpecs`; LOCK_BUSY with nothing written
 */
export async function fixSpecs(workspace: Workspace, partials: readonly string[]): Promise<LintReport> {
  await requireInitialised(workspace);
  const { places } = workspace;
  // Landings write to the same files.
  using lock = new KernelLock(places.landLock);
  return await lock.hold(async () => {
    const world = await readWorld(workspace);
    const { findings } = await reportOf(workspace, world, partials);
    const fixed: Finding[] = [];
    for (const spec of readable(world.specs)) {
      if (world.runs.has(spec.id)) continue;
      const own = findings.filter(({ specs }) => specs.length === 1 && specs[0] === spec.id);
      const fix = fixSpec(spec, own, world);
      if (fix.findings.length === 0) continue;
      const path = join(places.specs, `${spec.id}.md`);
      const replaced = await replaceFile(path, Buffer.from(spec.text, "utf8"), fix.text);
      if (replaced === "replaced") fixed.push(...fix.findings);
    }
    const left = await reportOf(workspace, await readWorld(workspace), partials);
    return { ...left, fixed };
  });
}

async function reportOf(
  { places }: Workspace,
  world: LintWorld,
  partials: readonly string[],
): Promise<LintReport> {
  const { lint: settings } = await readConfig(places);
  if (partials.length === 0) {
    return { findings: lint(world, undefined, settings.disable), specs: world.specs.size };
  }
  const ids = [...new Set(partials.map((partial) => resolveId(partial, world.specs.keys())))];
  return { findings: lint(world, ids, settings.disable), specs: ids.length };
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
    prompts: new Set(await promptNames(places.prompts)),
    ownKeys: new Set(Object.keys((await readConfig(places)).enterprise.derived)),
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
