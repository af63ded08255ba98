import { editFrontMatter, parseFrontMatter, splitDocument } from "../front-matter.ts";
import { membersOf } from "../group.ts";
import { isBroken, parseSpec, type Spec } from "../spec.ts";
import { KNOWN_KEYS } from "../spec-front.ts";
import type { Finding, LintRule } from "./finding.ts";
import { type LintWorld, placeOf } from "./world.ts";

/** The rules whose findings `lint --fix` may mend, where only one thing can have been meant. */
export const FIXABLE_RULES = ["unknown-key", "former-key", "members-differ"] as const satisfies LintRule[];

/** The text that a spec's file is to have, and what was mended in it. */
export interface Fix {
  readonly text: string;
  readonly findings: readonly Finding[];
}

/** One finding's mended text; undefined where a person has to say what was meant. */
type Mend = (text: string, spec: Spec, world: LintWorld) => string | undefined;

/**
 * Returns a spec's file with what is safe to mend: another spelling of a known key gets the key's own; what says again
 * what the file's name says, says the same. No value that chant reads changes, and nothing is taken away that is not
 * there a second time.
 */
export function fixSpec(spec: Spec, findings: readonly Finding[], world: LintWorld): Fix {
  const fixed: Finding[] = [];
  let { text } = spec;
  for (const finding of findings) {
    const mended = mendOf(finding, spec, world)?.(text, spec, world);
    if (mended === undefined || mended === text || isBroken(parseSpec(spec.id, mended))) continue;
    text = mended;
    fixed.push(finding);
  }
  return { text, findings: fixed };
}

function mendOf(finding: Finding, spec: Spec, world: LintWorld): Mend | undefined {
  if (finding.rule === "members-differ") return listMembers;
  if (finding.rule !== "unknown-key" && finding.rule !== "former-key") return undefined;
  const key = spec.unknownKeys.find((each) => {
    const at = placeOf(world, spec, each);
    return at.line === finding.line && at.column === finding.column;
  });
  if (key === undefined) return undefined;
  if (key === "id") return dropOwnId;
  const known = key === "commit" ? "commits" : spellingOf(key);
  return known === undefined ? undefined : (text, { id }) => renameKey(text, key, known, id);
}

/** Returns the known key that differs in nothing but capitals, hyphens and underscores. */
function spellingOf(key: string): string | undefined {
  // What stands under "members" is held against the files by a rule of its own.
  const candidates = [...KNOWN_KEYS].filter((known) => known !== "members");
  return candidates.find((known) => bare(known) === bare(key));
}

const bare = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, "");

/** Writes another key in the place of one, and not a byte besides. Where the other is there already, both stay. */
function renameKey(text: string, from: string, to: string, id: string): string | undefined {
  const read = parseFrontMatter(text);
  const split = splitDocument(text);
  if (!read.ok || split === undefined || read.data.has(to)) return undefined;
  // A key in quotes, or in a map on one line, is left to its writer.
  const plain = new RegExp(`^${from.replaceAll(/[^\w-]/g, "\\$&")}(?=[ \\t]*:)`, "m");
  const front = split.front.replace(plain, to);
  const renamed = text.slice(0, split.frontStart) + front + text.slice(split.frontStart + split.front.length);
  const after = parseSpec(id, renamed);
  return !isBroken(after) && !after.unknownKeys.includes(from) ? renamed : undefined;
}

/** The name of the file is the id, so a key that says the same says nothing. */
function dropOwnId(text: string, { id }: Spec): string | undefined {
  const read = parseFrontMatter(text, "strings");
  return read.ok && read.data.get("id") === id ? editFrontMatter(text, { id: undefined }) : undefined;
}

/** The names of the files make members; what is written in the file is made to say so. */
function listMembers(text: string, { id }: Spec, { specs, known }: LintWorld): string | undefined {
  const members = membersOf(id, new Set([...specs.keys(), ...known]));
  return members.length === 0 ? undefined : editFrontMatter(text, { members });
}
