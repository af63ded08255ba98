import { type Criterion, parseCriteria, withoutCheck } from "./criteria.ts";
import { parseFrontMatter, splitDocument } from "./front-matter.ts";
import { mergeFronts } from "./merge-front.ts";
import { mergeLines } from "./merge-lines.ts";
import type { KeyedLine, LineConflict, LineRules } from "./merge-lines.ts";

/** Three versions of a spec's file. */
export interface SpecVersions {
  /** Where the two sides come from. */
  readonly base: string;
  /** The target's version. */
  readonly ours: string;
  /** The branch's version, as the agent left it. */
  readonly theirs: string;
}

/** A merged file, or what a person must decide: `front matter key priority`, `body lines 12-14` (lines of ours). */
export type MergedSpec =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly conflicts: readonly string[] };

/**
 * Merges three versions of a spec. Front matter goes key by key: chant's own keys come from ours, of all others the side
 * that changed wins, lists that are sets are merged as sets. The body goes line by line; boxes of criteria are settled
 * apart from the words beside them, so that ticks never conflict with ticks. What neither side changed keeps its bytes.
 */
export function mergeSpec({ base, ours, theirs }: SpecVersions): MergedSpec {
  if (ours === theirs || theirs === base) return { ok: true, text: ours };
  const broken = brokenVersions({ base, ours, theirs });
  if (broken.length > 0) return { ok: false, conflicts: broken };
  const [b, o, t] = [partsOf(base), partsOf(ours), partsOf(theirs)];
  const fronts = mergeFronts(b.front, o.front, t.front);
  const body = mergeLines(b.lines, o.lines, t.lines, BOXES);
  if (!fronts.ok || body.conflicts.length > 0) {
    const bodyConflicts = body.conflicts.map((conflict) => placeOf(conflict, o.bodyLine));
    return { ok: false, conflicts: [...(fronts.ok ? [] : fronts.conflicts), ...bodyConflicts] };
  }
  // The lines around the front matter are ours unless only theirs has changed them.
  const frame = o.opening === b.opening && o.closing === b.closing ? t : o;
  const text = assemble(frame.opening === "" ? o : frame, fronts.front, body.text);
  if (parseFrontMatter(text).ok) return { ok: true, text };
  return { ok: false, conflicts: ["front matter"] };
}

function brokenVersions(versions: SpecVersions): readonly string[] {
  const named = [
    ["the base", versions.base],
    ["the target's version", versions.ours],
    ["the branch's version", versions.theirs],
  ] as const;
  return named.flatMap(([name, text]) => {
    const read = parseFrontMatter(text);
    return read.ok ? [] : [`front matter of ${name}, line ${read.line}: ${read.message}`];
  });
}

interface Parts {
  /** Byte order mark and `---` line; empty where there is no front matter. */
  readonly opening: string;
  readonly front: string;
  readonly closing: string;
  readonly lines: readonly KeyedLine[];
  /** The line of the file on which the body begins, from 1. */
  readonly bodyLine: number;
}

function partsOf(text: string): Parts {
  const split = splitDocument(text);
  const bodyStart = split?.bodyStart ?? 0;
  const bodyLine = text.slice(0, bodyStart).split("\n").length;
  const criteria = new Map(parseCriteria(text).map((criterion) => [criterion.line, criterion]));
  const lines = (text.slice(bodyStart).match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line, at) => ({
    text: line,
    key: keyOf(line, criteria.get(bodyLine + at)),
  }));
  if (split === undefined) return { opening: "", front: "", closing: "", lines, bodyLine };
  const frontEnd = split.frontStart + split.front.length;
  return {
    opening: text.slice(0, split.frontStart),
    front: split.front,
    closing: text.slice(frontEnd, bodyStart),
    lines,
    bodyLine,
  };
}

/** A criterion is known by its words: its box, and the command that shows it, may change without it. */
function keyOf(line: string, criterion: Criterion | undefined): string {
  if (criterion === undefined) return `line ${line}`;
  return `box ${(criterion.check === undefined ? line : withoutCheck(line)).replace(BOX, "[ ]")}`;
}

const BOX = /\[[ xX]\]/;
const unboxed = (line: string): string => line.replace(BOX, "[ ]");
const isTicked = (line: string): boolean => /^[^[]*\[[xX]\]/.test(line);

const BOXES: LineRules = {
  settle: (base, ours, theirs) => {
    if (ours === theirs || theirs === base) return ours;
    if (ours === base) return theirs;
    if (base === undefined) return isTicked(theirs) ? theirs : ours;
    // Each of the two goes with the side that changed it: the check first with ours.
    const line = unboxed(ours) === unboxed(base) ? theirs : ours;
    const ticked = isTicked(ours) === isTicked(base) ? isTicked(theirs) : isTicked(ours);
    return isTicked(line) === ticked ? line : line.replace(BOX, ticked ? "[x]" : "[ ]");
  },
  // The branch ticked a criterion that now reads otherwise on the target: nobody has checked the new words.
  clashes: ({ base, ours, theirs }) =>
    ours.some((line) => line.key.startsWith("box ") && !isTicked(line.text)) &&
    theirs.some((line, at) => line.text !== base[at]?.text && isTicked(line.text)),
};

function placeOf({ from, to }: LineConflict, bodyLine: number): string {
  const first = bodyLine + from;
  const last = Math.max(first, bodyLine + to - 1);
  return first === last ? `body line ${first}` : `body lines ${first}-${last}`;
}

function assemble(frame: Parts, front: string, body: string): string {
  if (frame.opening !== "") {
    const needsBreak = body !== "" && !frame.closing.endsWith("\n");
    return frame.opening + front + frame.closing + (needsBreak ? "\n" : "") + body;
  }
  return front === "" ? body : `---\n${front}---\n${body}`;
}
