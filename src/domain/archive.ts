import { plural } from "../kit/text.ts";
import { allMembersOf, driversAbove } from "./group.ts";
import { compareIds, isSpecId } from "./id.ts";
import type { SpecId } from "./id.ts";
import { isBroken } from "./spec.ts";
import type { BrokenSpec, Spec } from "./spec.ts";
import type { Status } from "./status.ts";

/** What goes into the archive together: a driver with all its members, or a spec of its own. */
export interface ArchiveUnit {
  readonly id: SpecId;
  /** All of it, the driver first. */
  readonly specs: readonly Spec[];
  /** When the last of it was completed, milliseconds since 1970. */
  readonly completedAtMs: number;
}

/** What an archiving chooses from. */
export interface ArchiveChoice {
  readonly specs: ReadonlyMap<SpecId, Spec | BrokenSpec>;
  /** Specs with a run that is not over. */
  readonly live: ReadonlySet<SpecId>;
  /** Only these; every spec when left out. */
  readonly ids?: readonly SpecId[];
  /** Only what was completed at this time or before, milliseconds since 1970. */
  readonly untilMs: number;
}

/** Returns what may be archived, in the order of ids, and why the rest of what was named may not. */
export function chooseArchive({ specs, live, ids, untilMs }: ArchiveChoice): {
  readonly units: readonly ArchiveUnit[];
  readonly refused: ReadonlyMap<SpecId, string>;
} {
  const refused = new Map<SpecId, string>();
  const known = new Set(specs.keys());
  const tops = [...(ids ?? known)].filter((id) => {
    const driver = driversAbove(id, known).at(-1);
    if (driver !== undefined && ids !== undefined && !ids.includes(driver)) {
      refused.set(id, `it goes with its driver ${driver}`);
    }
    return driver === undefined;
  });
  let units: ArchiveUnit[] = [];
  for (const id of tops.toSorted(compareIds)) {
    const unit = unitOf(id, specs, live, untilMs);
    if (typeof unit === "string") refused.set(id, unit);
    else units.push(unit);
  }
  // What is left out may keep back what it depends on, and so on.
  for (let left = -1; left !== units.length;) {
    left = units.length;
    const going = new Set(units.flatMap((unit) => unit.specs.map(({ id }) => id)));
    const needed = neededBy(specs, going);
    units = units.filter((unit) => {
      const by = unit.specs.flatMap(({ id }) => needed.get(id) ?? [])[0];
      if (by !== undefined) refused.set(unit.id, `${by} depends on it and is not completed`);
      return by === undefined;
    });
  }
  return { units, refused };
}

/** Returns the unit of a driver or a single spec, or why there is none. */
function unitOf(
  id: SpecId,
  specs: ArchiveChoice["specs"],
  live: ReadonlySet<SpecId>,
  untilMs: number,
): ArchiveUnit | string {
  const found: Spec[] = [];
  for (const each of [id, ...allMembersOf(id, specs.keys())]) {
    const spec = specs.get(each);
    const which = each === id ? "it" : `its member ${each}`;
    if (spec === undefined || isBroken(spec)) return `${which} cannot be read`;
    if (live.has(each)) return `${which} has a run that is not over`;
    const isOver = spec.status === "completed" || (each !== id && spec.status === "cancelled");
    if (!isOver) return `${which} is ${spec.status}, not completed`;
    found.push(spec);
  }
  const times = found
    .map(({ completedAt }) => Date.parse(completedAt ?? ""))
    .filter((ms) => !Number.isNaN(ms));
  // A file that does not say when counts from the day on which it was written.
  const completedAtMs = times.length === 0 ? Date.parse(`${id.slice(0, 10)}T00:00:00Z`) : Math.max(...times);
  if (Number.isNaN(completedAtMs)) return "it does not say when it was completed";
  if (completedAtMs > untilMs) return "it was completed too short a time ago";
  return { id, specs: found, completedAtMs };
}

/** Returns which active specs outside of what goes depend on something in it. */
function neededBy(
  specs: ArchiveChoice["specs"],
  going: ReadonlySet<SpecId>,
): ReadonlyMap<SpecId, readonly SpecId[]> {
  const needed = new Map<SpecId, SpecId[]>();
  for (const spec of specs.values()) {
    if (isBroken(spec) || going.has(spec.id) || isInactive(spec.status)) continue;
    for (const id of spec.dependsOn) needed.set(id, [...(needed.get(id) ?? []), spec.id]);
  }
  return needed;
}

const isInactive = (status: Status): boolean => status === "completed" || status === "cancelled";

/** Returns where a spec is archived below the archive's folder: `2026/01/ID.md`, by the time of its unit in UTC. */
export function archivedAs(id: SpecId, completedAtMs: number, compress: boolean): string {
  const [year = "", month = ""] = new Date(completedAtMs).toISOString().split("-");
  return `${year}/${month}/${id}.md${compress ? ".gz" : ""}`;
}

// The Rust chant archives by day, `2026-01-22/ID.md`, and once put files into the archive's folder itself.
const FOLDER = String.raw`\d{4}\/\d{2}|\d{4}-\d{2}-\d{2}`;
const FILE = new RegExp(`^(?:(?:${FOLDER})/)?([^/]+)\\.md(?:\\.gz)?$`);
const WAY = new RegExp(`^(?:\\d{4}|${FOLDER})$`);

/** Tells whether a folder below the archive's folder may hold archived specs, or lead to some. */
export const isArchiveFolder = (path: string): boolean => WAY.test(path);

/** Returns the id in a path below the archive's folder, or undefined for what is no archived spec. */
export function archivedId(path: string): SpecId | undefined {
  const id = FILE.exec(path)?.[1];
  return id !== undefined && isSpecId(id) ? id : undefined;
}

/** The list of what is archived, for a clone that has not the files: `index.tsv` in the archive's folder. */
export interface ArchiveEntry {
  readonly id: SpecId;
  readonly status: string;
  /** RFC 3339, or empty. */
  readonly completedAt: string;
  readonly title: string;
  /** Below the archive's folder. */
  readonly path: string;
}

const HEADER = "id\tstatus\tcompleted_at\tpath\ttitle";

/** Reads an index; a line that is none is passed over. */
export function parseArchiveIndex(text: string): ReadonlyMap<SpecId, ArchiveEntry> {
  const entries = new Map<SpecId, ArchiveEntry>();
  for (const line of text.split(/\r?\n/)) {
    const [id = "", status = "", completedAt = "", path = "", title = ""] = line.split("\t");
    if (isSpecId(id) && archivedId(path) === id) entries.set(id, { id, status, completedAt, title, path });
  }
  return entries;
}

/** Writes an index, sorted by id: two branches that archive merge line by line. */
export function formatArchiveIndex(entries: ReadonlyMap<SpecId, ArchiveEntry>): string {
  const lines = [...entries.values()]
    .toSorted((a, b) => compareIds(a.id, b.id))
    .map(({ id, status, completedAt, path, title }) =>
      [id, status, completedAt, path, title.replaceAll(/\s+/g, " ")].join("\t"),
    );
  return `${[HEADER, ...lines].join("\n")}\n`;
}

/** Returns the message of the commit that archives some units. */
export function archiveMessage(units: readonly ArchiveUnit[]): string {
  const ids = units.flatMap(({ specs }) => specs.map(({ id }) => id));
  const [only] = ids;
  if (ids.length === 1 && only !== undefined) return `Archive ${only}`;
  return `Archive ${plural(ids.length, "spec")}\n\n${ids.join("\n")}`;
}
