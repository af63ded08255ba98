/** Positions of one item that two lists have in common. */
export type Match = readonly [inA: number, inB: number];

// Beyond so many differences the lists have little in common, and the search would take too much memory.
const MOST_DIFFERENCES = 1500;

/**
 * Returns the longest common subsequence of two lists as positions that rise in both (Myers, "An O(ND) difference
 * algorithm", 1986). Lists that differ in more than 1,500 items match at their common beginning and end only.
 */
export function matchesOf(a: readonly string[], b: readonly string[]): readonly Match[] {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const middle = searchMiddle(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return [
    ...Array.from({ length: start }, (_, at): Match => [at, at]),
    ...middle.map(([inA, inB]): Match => [inA + start, inB + start]),
    ...Array.from({ length: end }, (_, at): Match => [a.length - end + at, b.length - end + at]),
  ];
}

/** On diagonal k = x - y, `furthest[k + offset]` is the largest x reached with so many differences. */
function searchMiddle(a: readonly string[], b: readonly string[]): readonly Match[] {
  const limit = Math.min(a.length + b.length, MOST_DIFFERENCES);
  const offset = limit + 1;
  const furthest = new Int32Array(2 * offset + 1);
  const trace: Int32Array[] = [];
  for (let differences = 0; differences <= limit; differences += 1) {
    trace.push(furthest.slice());
    for (let k = -differences; k <= differences; k += 2) {
      let x = goesDown(furthest, offset, k, differences)
        ? at(furthest, offset + k + 1)
        : at(furthest, offset + k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      furthest[offset + k] = x;
      if (x >= a.length && x - k >= b.length) return walkBack(trace, offset, a.length, b.length);
    }
  }
  return [];
}

const at = (list: Int32Array, index: number): number => list[index] ?? 0;

const goesDown = (furthest: Int32Array, offset: number, k: number, differences: number): boolean =>
  k === -differences || (k !== differences && at(furthest, offset + k - 1) < at(furthest, offset + k + 1));

function walkBack(
  trace: readonly Int32Array[],
  offset: number,
  endX: number,
  endY: number,
): readonly Match[] {
  const matches: Match[] = [];
  let x = endX;
  let y = endY;
  for (let differences = trace.length - 1; differences >= 0; differences -= 1) {
    const furthest = trace[differences];
    if (furthest === undefined) break;
    const k = x - y;
    const fromK = goesDown(furthest, offset, k, differences) ? k + 1 : k - 1;
    const fromX = differences === 0 ? 0 : at(furthest, offset + fromK);
    const fromY = differences === 0 ? 0 : fromX - fromK;
    while (x > fromX && y > fromY) {
      x -= 1;
      y -= 1;
      matches.push([x, y]);
    }
    x = fromX;
    y = fromY;
  }
  return matches.toReversed();
}
