import { parseFrontMatter, positionOfKey } from "../front-matter.ts";
import type { SpecId } from "../id.ts";
import { type BrokenSpec, isBroken, type Spec } from "../spec.ts";
import type { Finding } from "./finding.ts";

/** All that the rules look at. */
export interface LintWorld {
  /** The folder of specs, relative to home, with `/`. */
  readonly folder: string;
  /** The names in that folder that are no id with `.md`, and whether each is a folder. */
  readonly otherFiles: readonly { readonly name: string; readonly isFolder: boolean }[];
  readonly specs: ReadonlyMap<SpecId, Spec | BrokenSpec>;
  /** Ids outside of the folder that a dependency or a member may name: on the target, in a run, archived. */
  readonly known: ReadonlySet<SpecId>;
  /** The names of the prompts that there are. */
  readonly prompts?: ReadonlySet<string>;
  /** Keys of specs that are the project's own, beside those that chant knows. */
  readonly ownKeys?: ReadonlySet<string>;
  /** The specs with a run that is not over. */
  readonly runs: ReadonlySet<SpecId>;
}

export const fileOf = ({ folder }: Pick<LintWorld, "folder">, id: SpecId): string => `${folder}/${id}.md`;

/** Returns the specs that can be read. */
export const readable = (specs: LintWorld["specs"]): readonly Spec[] =>
  [...specs.values()].filter((spec): spec is Spec => !isBroken(spec));

/**
 * Returns what tells a driver from other specs. Drivers are completed with their members: criteria and runs of their own
 * they need not have.
 */
export function driverTest(world: LintWorld): (spec: Spec) => boolean {
  const drivers = new Set<SpecId>();
  for (const id of world.specs.keys()) {
    for (let dot = id.lastIndexOf("."); dot >= 0; dot = id.lastIndexOf(".", dot - 1)) {
      drivers.add(id.slice(0, dot));
    }
  }
  return ({ id, type }) => type === "driver" || type === "group" || drivers.has(id);
}

/** Returns the items of a list in a spec's front matter that the spec itself does not hold; none where it is no list. */
export function listUnder(text: string, key: string): readonly string[] {
  const read = parseFrontMatter(text, "strings");
  const list: unknown = read.ok ? read.data.get(key) : undefined;
  return Array.isArray(list) ? list.map(String) : [];
}

/** Returns the place of a key in a spec's file, or of a text below it, such as one item of its list. */
export function placeOf(
  world: LintWorld,
  spec: Spec,
  key: string,
  item?: string,
): Pick<Finding, "file" | "line" | "column"> {
  const at = positionOfKey(spec.text, key);
  const found = item === undefined ? undefined : positionOfItem(spec.text, at, item);
  return { file: fileOf(world, spec.id), ...(found ?? at) };
}

type Position = Pick<Finding, "line" | "column">;

function positionOfItem(text: string, key: Position, item: string): Position | undefined {
  const lines = text.split("\n");
  for (let line = key.line; line <= lines.length; line += 1) {
    const words = lines[line - 1] ?? "";
    if (line > key.line && /^---\s*$/.test(words)) return undefined;
    const column = indexOfWhole(words, item, line === key.line ? key.column : 0);
    if (column >= 0) return { line, column: column + 1 };
  }
  return undefined;
}

/** Finds an id that is not but a part of a longer one. */
function indexOfWhole(line: string, id: string, from: number): number {
  for (let at = line.indexOf(id, from); at >= 0; at = line.indexOf(id, at + 1)) {
    const around = `${line[at - 1] ?? " "}${line[at + id.length] ?? " "}`;
    if (!/[a-z0-9.-]/.test(around)) return at;
  }
  return -1;
}
