import { effect } from "../host/effects.ts";
import { isChantError } from "../kit/errors.ts";
import { makeCommit, parseCommit, type Signature } from "./commit.ts";
import { flushWork } from "./flush-work.ts";
import { ObjectReader } from "./object-reader.ts";
import { storeObjects } from "./objects.ts";
import { gitText } from "./program.ts";
import { swapRef } from "./refs.ts";
import { commonPlace, type Repository } from "./repository.ts";
import { Trees } from "./tree.ts";

/** Where work is kept that no branch holds: `refs/chant/snapshots/ID/TIME`. */
export const SNAPSHOT_PREFIX = "refs/chant/snapshots/";

/**
 * Keeps a tree (and the commits below it) under a hidden ref, and returns the ref.
 */
export async function keepSnapshot(
  repo: Repository,
  id: string,
  what: {
    readonly tree: string;
    readonly parents: readonly string[];
    readonly reason: string;
    /** A commit that no loss of power takes back: what is new since then is flushed. */
    readonly since: string | undefined;
  },
  signature: Signature,
): Promise<string> {
  const time = new Date(signature.nowMs).toISOString().replaceAll(/[-:]/g, "");
  const message = `chant: snapshot of ${id}\n\n${what.reason}\n`;
  const commit = await makeCommit(
    repo,
    { tree: what.tree, parents: what.parents, message },
    { ...signature, sign: false },
  );
  await storeObjects(repo, commit.objects);
  using reader = new ObjectReader(repo);
  await flushWork({ repo, reader, trees: new Trees(repo, reader) }, commit.oid, what.since);
  for (let n = 0; ; n += 1) {
    const ref = `${SNAPSHOT_PREFIX}${id}/${time}${n === 0 ? "" : `-${n}`}`;
    if (await effect("runner.snapshot", () => swapRef(repo, ref, commit.oid, undefined, what.reason))) {
      return ref;
    }
  }
}

/** Work that was kept under a hidden ref. */
export interface Snapshot {
  readonly ref: string;
  /** When it was made, in UTC: `20260122T101500.123Z`, the last part of its ref. */
  readonly time: string;
  readonly commit: string;
  /** Why, as a sentence. */
  readonly reason: string;
}

/** Returns the snapshots of a spec, the oldest first. */
export async function listSnapshots(repo: Repository, id: string): Promise<readonly Snapshot[]> {
  const format = "--format=%(objectname) %(refname)";
  const args = ["for-each-ref", "--sort=refname", format, `${SNAPSHOT_PREFIX}${id}/`];
  const lines = (await gitText(commonPlace(repo), args)).split("\n").filter((line) => line !== "");
  using reader = new ObjectReader(repo);
  const found: Snapshot[] = [];
  for (const line of lines) {
    const [commit = "", ref = ""] = line.split(" ");
    const object = await reader.read(commit);
    const reason = object === undefined ? DAMAGED : bodyOf(parseCommit(object.content).message);
    found.push({ ref, commit, reason, time: ref.slice(ref.lastIndexOf("/") + 1) });
  }
  return found;
}

const DAMAGED = "It is damaged: git cannot read it.";

/** What stands below the first line of a message. */
const bodyOf = (message: string): string => message.replace(/^[^\n]*\n*/, "").trim();

/** One snapshot among all. */
export interface SnapshotRef {
  readonly ref: string;
  readonly id: string;
  readonly commit: string;
  /** When it was made, in milliseconds since 1970; undefined where its name does not say. */
  readonly atMs?: number;
}

/** Returns the snapshots of all specs. */
export async function allSnapshots(repo: Repository): Promise<readonly SnapshotRef[]> {
  const format = "--format=%(objectname) %(refname)";
  const out = await gitText(commonPlace(repo), ["for-each-ref", format, SNAPSHOT_PREFIX]);
  return out.split("\n").flatMap((line) => {
    const [commit = "", ref = ""] = line.split(" ");
    const [id = "", time = ""] = ref.slice(SNAPSHOT_PREFIX.length).split("/");
    if (time === "") return [];
    const whole = time.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\d\.\d{3}Z)(?:-\d+)?$/, "$1-$2-$3:$4:$5");
    const atMs = Date.parse(whole);
    return [{ ref, id, commit, ...(Number.isNaN(atMs) ? {} : { atMs }) }];
  });
}

/** Returns how many snapshots there are, and what they alone keep among git's objects, packed as it is. */
export async function snapshotBytes(
  repo: Repository,
): Promise<{ readonly count: number; readonly bytes: number }> {
  const count = (await allSnapshots(repo)).length;
  if (count === 0) return { count, bytes: 0 };
  const measure = async (...others: readonly string[]): Promise<number> => {
    const args = ["rev-list", "--objects", "--disk-usage", `--glob=${SNAPSHOT_PREFIX}*`, "--not", ...others];
    return Number(await gitText(commonPlace(repo), args));
  };
  // At a branch that is damaged git gives up: then what home's history has not is counted.
  const bytes = await measure("--branches", "--remotes", "--tags").catch((error: unknown) => {
    if (!isChantError(error, "GIT_FAILED")) throw error;
    return measure("HEAD");
  });
  return { count, bytes };
}

/** Returns the specs that have snapshots. */
export async function idsWithSnapshots(repo: Repository): Promise<readonly string[]> {
  const out = await gitText(commonPlace(repo), ["for-each-ref", "--format=%(refname)", SNAPSHOT_PREFIX]);
  const ids = out.split("\n").map((ref) => ref.slice(SNAPSHOT_PREFIX.length).split("/")[0] ?? "");
  return [...new Set(ids)].filter((id) => id !== "");
}

/** Returns how many files of a snapshot differ from the commit below it. */
export async function snapshotFiles(reader: ObjectReader, trees: Trees, commit: string): Promise<number> {
  const { tree, parents } = parseCommit((await reader.require(commit)).content);
  const [below] = parents;
  if (below === undefined) return 0;
  const before = parseCommit((await reader.require(below)).content).tree;
  return (await trees.diff(before, tree)).length;
}
