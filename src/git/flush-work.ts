import { flushFiles } from "../host/flush-files.ts";
import { parseCommit } from "./commit.ts";
import { looseFile } from "./loose-object.ts";
import type { ObjectReader } from "./object-reader.ts";
import { gitText } from "./program.ts";
import { commonPlace, type Repository } from "./repository.ts";
import { GITLINK_MODE, TREE_MODE, type Trees } from "./tree.ts";

/** Where objects are looked up. */
export interface ObjectPlace {
  readonly repo: Repository;
  readonly reader: ObjectReader;
  readonly trees: Trees;
}

/**
 * Flushes every object that `tip` has and `since` has not. git leaves a loose object to chance when the machine loses its
 * power, and an agent's git wrote these: only then may a flushed ref or record name the commit. Packs git flushes itself.
 * What is missing is passed over: whoever judges the commit says so. `since` undefined: all of it is new.
 */
export async function flushWork(place: ObjectPlace, tip: string, since: string | undefined): Promise<void> {
  if (tip === since) return;
  // A folder that is missing is for git to pass over.
  const made =
    (await straight(place, tip, since).catch(() => undefined)) ?? (await listed(place, tip, since));
  await flushFiles([...made].map((oid) => looseFile(place.repo, oid)));
}

/** How long a history is worth reading in process: a longer one is for git. */
const STRAIGHT_LIMIT = 20;

/** The new objects of a short history without merges, as an agent leaves it; undefined for any other. */
async function straight(
  { reader, trees }: ObjectPlace,
  tip: string,
  since: string | undefined,
): Promise<ReadonlySet<string> | undefined> {
  const made = new Set<string>();
  let commit: string | undefined = tip;
  for (let count = 0; commit !== undefined && commit !== since; count += 1) {
    const { tree, parents } = parseCommit((await reader.require(commit)).content);
    const [parent, ...others]: readonly string[] = parents;
    if (others.length > 0 || count === STRAIGHT_LIMIT || (parent === undefined && since !== undefined)) {
      return undefined;
    }
    made.add(commit);
    const before = parent === undefined ? undefined : parseCommit((await reader.require(parent)).content);
    await addBelow(trees, before?.tree, tree, made);
    commit = parent;
  }
  return made;
}

/** Adds a tree, and all below it that another has not in the same place. */
async function addBelow(
  trees: Trees,
  before: string | undefined,
  after: string,
  made: Set<string>,
): Promise<void> {
  if (before === after || made.has(after)) return;
  made.add(after);
  const olds = new Map(
    (before === undefined ? [] : await trees.entries(before)).map((entry) => [entry.name, entry]),
  );
  for (const { name, mode, oid } of await trees.entries(after)) {
    const old = olds.get(name);
    if (oid === old?.oid || mode === GITLINK_MODE) continue;
    if (mode === TREE_MODE) await addBelow(trees, old?.mode === TREE_MODE ? old.oid : undefined, oid, made);
    else made.add(oid);
  }
}

/** The same by git, which stops (128) at an object that is missing: what it named until then is flushed. */
async function listed(
  { repo }: ObjectPlace,
  tip: string,
  since: string | undefined,
): Promise<ReadonlySet<string>> {
  const args = ["rev-list", "--objects", "--parents", "--reverse", tip, ...(since ? [`^${since}`] : [])];
  const out = await gitText(commonPlace(repo), args, { accept: [0, 128] });
  return new Set(out.split("\n").map((line) => line.split(" ", 1)[0] ?? ""));
}
