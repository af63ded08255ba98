import { join } from "node:path";
import { readBytesIfExists, readIfExists } from "../host/files.ts";
import { ChantError } from "../kit/errors.ts";
import { parseCommit } from "./commit.ts";
import { looseFile, unpackLoose } from "./loose-object.ts";
import type { ObjectReader } from "./object-reader.ts";
import { git } from "./program.ts";
import { isAncestor } from "./refs.ts";
import { commonPlace, type Repository } from "./repository.ts";

/*
 * By default git flushes no object that it writes. So when the machine loses its power, a branch can name a commit of which
 * an object is torn or missing: it is damaged then, and whoever reads it fails. What chant has named is whole: flush-work.ts.
 */

/** What git says where that is the reason. */
const DAMAGED =
  /missing|corrupt|is empty|unable to (?:read|unpack|parse)|bad (?:object|tree|revision)|could not/i;

/**
 * Tells whether nothing is missing or torn of what `tip` has and `since` has not.
 * @throws ChantError GIT_FAILED when git fails for another reason
 */
export async function isWhole(repo: Repository, tip: string, since: string | undefined): Promise<boolean> {
  if (tip === since) return true;
  const args = ["rev-list", "--objects", "--parents", "--reverse", tip, ...(since ? [`^${since}`] : [])];
  const { status, stdout, stderr } = await git(commonPlace(repo), args, { accept: [0, 128] });
  // git only looks whether a file's content is there.
  if (status === 0) return !(await hasTorn(repo, stdout.toString("latin1")));
  if (DAMAGED.test(stderr)) return false;
  throw new ChantError("GIT_FAILED", `git rev-list failed: ${stderr.trim()}`, {
    hint: "Nothing is lost. See that git works here (git status, git fsck), then do the same again.",
  });
}

/** Tells whether one of the objects that git has listed stands in a file of its own that is torn. */
async function hasTorn(repo: Repository, listed: string): Promise<boolean> {
  for (const [oid] of listed.matchAll(/^[0-9a-f]+/gm)) {
    const packed = await readBytesIfExists(looseFile(repo, oid));
    if (packed !== undefined && unpackLoose(packed) === undefined) return true;
  }
  return false;
}

/** Tells whether a commit and its uppermost tree can be read: what every look at a branch begins with. */
export async function isReadable(reader: ObjectReader, commit: string): Promise<boolean> {
  const found = await reader.read(commit);
  if (found?.type !== "commit") return false;
  return (await reader.read(parseCommit(found.content).tree)) !== undefined;
}

/** How many commits of a history are looked at in search of one that is whole. */
const SEARCHED = 100;

/** Where a commit is looked for that is whole. */
export interface Search {
  /** The commit that is not. */
  readonly tip: string | undefined;
  /** Files in which git noted what the ref has named. */
  readonly reflogs: readonly string[];
  /** Commits that are known from elsewhere, the newest first. */
  readonly known: readonly (string | undefined)[];
  /** What of the commit need not be looked at; and, where it is one that it has to come from, that. */
  readonly since: string | undefined;
  readonly from: string | undefined;
}

/** Returns the newest commit that is whole, of those that the damaged one came from, that its ref has named, and that are known. */
export async function lastWhole(
  repo: Repository,
  reader: ObjectReader,
  { tip, reflogs, known, since, from }: Search,
): Promise<string | undefined> {
  const noted = (await Promise.all(reflogs.map(commitsOfReflog))).flat();
  const candidates = new Set([...(await parentsOf(reader, tip)), ...noted, ...known]);
  candidates.delete(tip);
  for (const commit of [...candidates].slice(0, SEARCHED)) {
    if (commit === undefined || (await reader.read(commit))?.type !== "commit") continue;
    if (!(await isWhole(repo, commit, since))) continue;
    if (from === undefined || (await isAncestor(repo, from, commit))) return commit;
  }
  return undefined;
}

/** The commits below one, as far as their own objects can be read. */
async function parentsOf(reader: ObjectReader, tip: string | undefined): Promise<readonly string[]> {
  const found: string[] = [];
  let commit = tip;
  while (commit !== undefined && found.length < SEARCHED) {
    const object = await reader.read(commit);
    commit = object?.type === "commit" ? parseCommit(object.content).parents[0] : undefined;
    if (commit !== undefined) found.push(commit);
  }
  return found;
}

/** What a ref has named, the newest first. Its end may be torn as well. */
async function commitsOfReflog(path: string): Promise<readonly string[]> {
  const lines = ((await readIfExists(path)) ?? "").split("\n").toReversed();
  return lines.flatMap((line) => {
    const [, before = "", after = ""] = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) /.exec(line) ?? [];
    return [after, before].filter((oid) => oid !== "" && !/^0+$/.test(oid));
  });
}

/** Returns the file in which git notes what a ref names. */
export const reflogOf = (gitDir: string, ref: string): string => join(gitDir, "logs", ref);
