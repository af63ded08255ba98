import { parseCommit } from "./commit.ts";
import type { ObjectReader } from "./object-reader.ts";

/** How many commits are looked at before git is left to find out. */
const LIMIT = 500;

/**
 * Tells whether `base` is where two histories meet, and the only such commit: then the difference of each side from it
 * is what git would merge. It need not be, although `theirs` started there: a side may have merged the other meanwhile,
 * and taken it back. False also when that would take long to find out.
 */
export async function isMergeBase(
  reader: ObjectReader,
  base: string,
  ours: string,
  theirs: string,
): Promise<boolean> {
  const line = await lineBetween(reader, base, theirs);
  return line !== undefined && (await hasBaseButNone(reader, base, ours, line));
}

/** The commits from `tip` to `base`, which is left out; undefined when there is a merge among them. */
async function lineBetween(
  reader: ObjectReader,
  base: string,
  tip: string,
): Promise<ReadonlySet<string> | undefined> {
  const line = new Set<string>();
  for (let at = tip; at !== base;) {
    const [parent, ...others] = (await look(reader, at))?.parents ?? [];
    if (parent === undefined || others.length > 0 || line.size >= LIMIT) return undefined;
    line.add(at);
    at = parent;
  }
  return line;
}

/**
 * Tells whether `base` is in the history of `ours` and none of `line` is, which follows on `base`. Goes back from both,
 * the newest first; once all that is left to look at is in the history of `base`, nothing of `line` can come any more.
 */
async function hasBaseButNone(
  reader: ObjectReader,
  base: string,
  ours: string,
  line: ReadonlySet<string>,
): Promise<boolean> {
  if (line.has(ours)) return false;
  let hasBase = false;
  const isOld = new Map([
    [ours, false],
    [base, true],
  ]);
  const open = new Map<string, number>();
  for (const commit of isOld.keys()) open.set(commit, (await look(reader, commit))?.seconds ?? 0);
  for (let looked = 0; [...open.keys()].some((commit) => isOld.get(commit) === false); looked += 1) {
    const [next] = [...open].reduce((a, b) => (b[1] > a[1] ? b : a));
    open.delete(next);
    const found = await look(reader, next);
    if (found === undefined || looked === LIMIT) return false;
    const isNextOld = isOld.get(next) === true;
    for (const parent of found.parents) {
      if (!isNextOld && line.has(parent)) return false;
      if (!isNextOld && parent === base) hasBase = true;
      const known = isOld.get(parent);
      if (known === true || known === isNextOld) continue;
      isOld.set(parent, isNextOld);
      open.set(parent, (await look(reader, parent))?.seconds ?? 0);
    }
  }
  return hasBase;
}

async function look(
  reader: ObjectReader,
  commit: string,
): Promise<{ readonly parents: readonly string[]; readonly seconds: number } | undefined> {
  const object = await reader.read(commit);
  if (object?.type !== "commit") return undefined;
  const seconds = Number(/^committer .* (\d+) [-+]\d{4}$/m.exec(object.content.toString("utf8"))?.[1] ?? 0);
  return { parents: parseCommit(object.content).parents, seconds };
}
