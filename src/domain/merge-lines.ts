import { matchesOf } from "../kit/diff.ts";

/** A line, and what it counts as when lines are compared: two lines of one key may differ in what the key leaves out. */
export interface KeyedLine {
  readonly text: string;
  readonly key: string;
}

/** A stretch in which both sides changed the same lines in different ways: positions in the lines of `ours`. */
export interface LineConflict {
  readonly from: number;
  /** After the last line; equal to `from` where ours has none. */
  readonly to: number;
}

/** Lines of the three versions that stand for each other. */
interface Chunk {
  readonly base: readonly KeyedLine[];
  readonly ours: readonly KeyedLine[];
  readonly theirs: readonly KeyedLine[];
  /** Where `ours` begins. */
  readonly from: number;
}

/** How lines with one key but different texts are settled. */
export interface LineRules {
  /** Returns the text where all have one key; `base` is undefined where both sides added the line. */
  readonly settle: (base: string | undefined, ours: string, theirs: string) => string;
  /** Tells whether a change of ours clashes with theirs, which changed only what the keys leave out. */
  readonly clashes: (chunk: Pick<Chunk, "base" | "ours" | "theirs">) => boolean;
}

/**
 * Merges lines three ways (diff3): where only one side changed something its lines are taken, where both did the same
 * they are settled, and where they differ it is a conflict. Changes that touch count as one, as in git.
 */
export function mergeLines(
  base: readonly KeyedLine[],
  ours: readonly KeyedLine[],
  theirs: readonly KeyedLine[],
  rules: LineRules,
): { readonly text: string; readonly conflicts: readonly LineConflict[] } {
  let text = "";
  const conflicts: LineConflict[] = [];
  for (const chunk of chunksOf(base, ours, theirs)) {
    const lines = mergeChunk(chunk, rules);
    if (lines === undefined) conflicts.push({ from: chunk.from, to: chunk.from + chunk.ours.length });
    else text += lines;
  }
  return { text, conflicts };
}

function mergeChunk(chunk: Chunk, rules: LineRules): string | undefined {
  const { base, ours, theirs } = chunk;
  const oursKept = sameKeys(base, ours);
  const theirsKept = sameKeys(base, theirs);
  if (oursKept && theirsKept) return settled(base, ours, theirs, rules);
  if (oursKept) return textOf(theirs);
  if (sameKeys(ours, theirs)) return settled([], ours, theirs, rules);
  return theirsKept && !rules.clashes(chunk) ? textOf(ours) : undefined;
}

const settled = (
  base: readonly KeyedLine[],
  ours: readonly KeyedLine[],
  theirs: readonly KeyedLine[],
  rules: LineRules,
): string =>
  ours.map((line, at) => rules.settle(base[at]?.text, line.text, theirs[at]?.text ?? line.text)).join("");

const textOf = (lines: readonly KeyedLine[]): string => lines.map((line) => line.text).join("");

const sameKeys = (a: readonly KeyedLine[], b: readonly KeyedLine[]): boolean =>
  a.length === b.length && a.every((line, at) => line.key === b[at]?.key);

/** Cuts the versions at every line that all three have: each such line is a chunk, and so is what lies between. */
function* chunksOf(
  base: readonly KeyedLine[],
  ours: readonly KeyedLine[],
  theirs: readonly KeyedLine[],
): Generator<Chunk> {
  const keysOf = (lines: readonly KeyedLine[]): readonly string[] => lines.map((line) => line.key);
  const inOurs = new Map(matchesOf(keysOf(base), keysOf(ours)));
  const inTheirs = new Map(matchesOf(keysOf(base), keysOf(theirs)));
  let [b, o, t] = [0, 0, 0];
  for (const [at] of base.entries()) {
    const [nextO, nextT] = [inOurs.get(at), inTheirs.get(at)];
    if (nextO === undefined || nextT === undefined) continue;
    yield { base: base.slice(b, at), ours: ours.slice(o, nextO), theirs: theirs.slice(t, nextT), from: o };
    [b, o, t] = [at + 1, nextO + 1, nextT + 1];
    yield {
      base: base.slice(at, b),
      ours: ours.slice(nextO, o),
      theirs: theirs.slice(nextT, t),
      from: nextO,
    };
  }
  yield { base: base.slice(b), ours: ours.slice(o), theirs: theirs.slice(t), from: o };
}
