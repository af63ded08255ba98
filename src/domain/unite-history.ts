import type { SpecHappening } from "./history.ts";

/** How far the time of a commit may be from that of the same thing in the journal: a landing may wait for its moment. */
const NEAR_MS = 10 * 60_000;

/**
 * Returns what git and the journal tell as one history, oldest first, each happening once. Of what both tell, git says
 * when and who, and the journal adds what no commit holds.
 * @param fromGit in the order of their commits, oldest first: within a second nothing else tells
 */
export function uniteHistory(
  fromGit: readonly SpecHappening[],
  fromJournal: readonly SpecHappening[],
): readonly SpecHappening[] {
  const left = new Map<string, SpecHappening[]>();
  for (const each of fromJournal.toSorted(byTime)) {
    const key = sortKey(each);
    left.set(key, [...(left.get(key) ?? []), each]);
  }
  const united = fromGit.toSorted(byTime).map((each) => {
    const same = takeSame(each, left.get(sortKey(each)) ?? []);
    if (same === undefined) return each;
    return { ...same, ...each };
  });
  return [...united, ...[...left.values()].flat()].toSorted(byTime);
}

const sortKey = ({ id, kind }: SpecHappening): string => `${id} ${kind === "landed" ? "completed" : kind}`;

/** Git counts in seconds. */
const byTime = (a: SpecHappening, b: SpecHappening): number =>
  Math.floor(a.atMs / 1000) - Math.floor(b.atMs / 1000);

/** Takes the first of those that tell of the same thing out of a list. */
function takeSame(happening: SpecHappening, among: SpecHappening[]): SpecHappening | undefined {
  const { run, atMs } = happening;
  const byRun = run === undefined ? -1 : among.findIndex((each) => each.run === run);
  const at =
    byRun >= 0
      ? byRun
      : among.findIndex(
          (each) => (run === undefined || each.run === undefined) && Math.abs(each.atMs - atMs) <= NEAR_MS,
        );
  return at < 0 ? undefined : among.splice(at, 1)[0];
}
