import { driversAbove, membersOf } from "../group.ts";
import { driverOf, isSpecId, type SpecId } from "../id.ts";
import { type Finding, findingOf } from "./finding.ts";
import { fileOf, listUnder, type LintWorld, placeOf, readable } from "./world.ts";

/** Finds what lies among the specs and is none: chant never sees it. */
export const fileNames = (world: LintWorld): readonly Finding[] =>
  world.otherFiles.map(({ name, isFolder }) =>
    findingOf(
      "file-name",
      { file: `${world.folder}/${name}`, line: 1, column: 1 },
      [],
      isFolder
        ? "Specs lie in this folder itself: what is in a folder below it is never read."
        : "Its name is no id of a spec, so it is never read.",
      nameHint(name, isFolder),
    ),
  );

function nameHint(name: string, isFolder: boolean): string {
  const stem = name.replace(/\.[^.]*$/, "").toLowerCase();
  const id = stem.replaceAll(/[\s_]+/g, "-");
  if (!isFolder && isSpecId(id)) return `Rename it to ${id}.md, or move it elsewhere.`;
  return 'Move it elsewhere; a spec is made with: chant add "Title"';
}

/** Finds specs of one day that have the same number: two branches gave it out. Their ids still differ in the end. */
export function duplicateSequences(world: LintWorld): readonly Finding[] {
  const byNumber = new Map<string, SpecId[]>();
  for (const id of world.specs.keys()) {
    const number = /^\d{4}-\d{2}-\d{2}-[0-9a-z]{3,8}(?=-[0-9a-z]{3}$)/.exec(id)?.[0];
    if (number === undefined) continue;
    const known = byNumber.get(number);
    if (known === undefined) byNumber.set(number, [id]);
    else known.push(id);
  }
  return [...byNumber].flatMap(([number, ids]) => {
    const [first, ...others] = ids.toSorted();
    return others.map((id) =>
      findingOf(
        "duplicate-sequence",
        { file: fileOf(world, id), line: 1, column: 1 },
        ids,
        `${first ?? ""} has the number ${number}, too.`,
        `Nothing breaks, but "${number.slice(11)}" alone means neither; write the end of the id, such as ${id.slice(-3)}.`,
      ),
    );
  });
}

/**
 * Finds members whose driver does not exist, at whatever depth: of `a.2.1` that is `a.2`. A driver above it that does
 * exist counts it all the same.
 */
export function membersWithoutDriver(world: LintWorld): readonly Finding[] {
  const ids = new Set([...world.specs.keys(), ...world.known]);
  return [...world.specs.keys()].flatMap((id) => {
    const driver = driverOf(id);
    if (driver === undefined || ids.has(driver)) return [];
    const above = driversAbove(id, ids)[0];
    return [
      findingOf(
        "member-without-driver",
        { file: fileOf(world, id), line: 1, column: 1 },
        [id],
        `${id}.md references non-existent driver`,
        above === undefined
          ? `It is worked like any other spec. Make ${world.folder}/${driver}.md, or rename it.`
          : `It counts as a member of ${above}. Make ${world.folder}/${driver}.md, or rename it.`,
      ),
    ];
  });
}

/** Finds drivers whose `members`, as the Rust chant writes them, say other than the names of the files, which decide. */
export function membersDiffer(world: LintWorld): readonly Finding[] {
  const ids = [...world.specs.keys(), ...world.known];
  return readable(world.specs).flatMap((spec) => {
    const named = new Set(listedMembers(spec.text));
    if (named.size === 0) return [];
    const files = new Set(membersOf(spec.id, ids));
    const wrong = [...named].filter((id) => !files.has(id));
    const absent = [...files].filter((id) => !named.has(id));
    const differences = [
      ...(wrong.length === 0 ? [] : [`names ${wrong.join(", ")}, which no file makes a member`]),
      ...(absent.length === 0 ? [] : [`leaves out ${absent.join(", ")}`]),
    ];
    if (differences.length === 0) return [];
    return [
      findingOf(
        "members-differ",
        placeOf(world, spec, "members"),
        [spec.id],
        `"members" ${differences.join(", and ")}.`,
        `The names of the files alone make members, as ${spec.id}.1.md does. Take the key out, or mend it.`,
      ),
    ];
  });
}

/** Returns what the Rust chant wrote down as the members of a driver. */
export const listedMembers = (text: string): readonly string[] => listUnder(text, "members");
