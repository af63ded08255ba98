import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { landings } from "./traces.ts";
import type { TempRepo } from "./temp-repo.ts";
import { treeOf } from "./tree-hash.ts";

/** Everything in a repository that a kill must not change: what a story ends with, however often it was interrupted. */
export interface Ending {
  /** Files of the checkout, landed and the user's, by what they hold; and how git calls those that are changed. */
  readonly files: readonly string[];
  readonly status: string;
  /** The specs' texts, without times. */
  readonly specs: readonly string[];
  /** How often each spec has landed. */
  readonly landings: Readonly<Record<string, number>>;
  /** All refs, snapshots without their times. */
  readonly refs: readonly string[];
  /** What is left of runs: records and their files, worktrees and their folders, locks, and things half done. */
  readonly left: readonly string[];
  readonly processes: readonly string[];
  /** What git finds broken. */
  readonly broken: string;
}

const below = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
};

const within = (repo: TempRepo, folder: string, names: readonly string[]): readonly string[] =>
  names.map((name) => join(folder, name).slice(repo.root.length + 1)).toSorted();

const at = (repo: TempRepo, ...parts: readonly string[]): string => join(repo.path, ...parts);

/** Files that chant writes aside; the ones of a killed writer wait for cleanup, and change nothing. */
export const isStray = (path: string): boolean => /(?:^|\/)\.tmp-[^/]*$|\.tmp-gz$/.test(path);

/** Git's own folder is read for itself; what a run leaves as history, and the index made again when needed, may differ. */
const isOwn = (path: string): boolean =>
  /^(?:\.git|\.chant\/(?:\.store|logs|specs|\.locks|watch\.pid))(?:\/|$)/.test(path) || isStray(path);

const withoutTimes = (text: string): string =>
  text
    .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/^- [0-9a-f]{40}$/gm, "- COMMIT")
    .replaceAll(/\b\d{8}T\d{6}(?:\.\d+)?Z?[^/\n]*/g, "TIME");

function specTexts(repo: TempRepo): readonly string[] {
  const folder = at(repo, ".chant/specs");
  return below(folder)
    .filter((name) => !isStray(name))
    .toSorted()
    .map((name) => `${name}\n${withoutTimes(readFileSync(join(folder, name), "utf8"))}`);
}

function leftOf(repo: TempRepo): readonly string[] {
  const own = ["runs", "work", "splits", "asking", "checking"].map((name) => at(repo, ".git/chant", name));
  const halfDone = /^(?:landing\.json|.*\.lock|chant-index-.*)$/;
  const gitDir = at(repo, ".git");
  return [
    ...own.flatMap((folder) => within(repo, folder, below(folder))),
    ...within(repo, repo.worktrees, readdirSync(repo.worktrees)),
    ...within(repo, at(repo, ".git/worktrees"), below(at(repo, ".git/worktrees"))),
    ...within(repo, at(repo, ".chant/.locks"), below(at(repo, ".chant/.locks"))),
    ...[gitDir, join(gitDir, "chant")].flatMap((folder) =>
      within(
        repo,
        folder,
        readdirSync(folder).filter((name) => halfDone.test(name)),
      ),
    ),
    ...within(
      repo,
      join(gitDir, "refs"),
      below(join(gitDir, "refs")).filter((name) => name.endsWith(".lock")),
    ),
  ];
}

/** Lock files of git's own, which a git leaves that is killed: it asks a person to remove them. */
export const gitLocks = (repo: TempRepo): readonly string[] =>
  below(at(repo, ".git"))
    .filter((name) => name.endsWith(".lock") && !name.startsWith("chant/"))
    .map((name) => at(repo, ".git", name));

/** Reads how a story has ended; waits until its processes have. */
export async function endingOf(repo: TempRepo): Promise<Ending> {
  await repo.quiet();
  const [status, landed, refs, broken] = await Promise.all([
    repo.git("status", "--porcelain=v2"),
    landings(repo),
    repo.git("for-each-ref", "--format=%(refname)"),
    repo.git("fsck", "--no-dangling", "--no-progress"),
  ]);
  return {
    files: treeOf(repo.path, isOwn),
    // A commit of a start or a landing has another spec text, whose blob has its time.
    status,
    specs: specTexts(repo),
    landings: Object.fromEntries(landed),
    refs: [...new Set(refs.split("\n").map(withoutTimes))].toSorted(),
    left: leftOf(repo),
    processes: repo.processes().map(({ command }) => command),
    broken,
  };
}

/** Everything that going on a second time must not change, byte by byte: refs, checkout and what is kept of runs. */
export function exactly(repo: TempRepo): readonly string[] {
  const refs = treeOf(
    at(repo, ".git"),
    (path) => !/^(?:refs(?:\/|$)|HEAD$|packed-refs$|worktrees(?:\/|$))/.test(path),
  );
  const files = treeOf(repo.path, (path) => path.startsWith(".git") && !path.startsWith(".gitignore"));
  return [
    ...refs,
    ...files.filter((line) => !/ \.chant\/(?:\.store|logs)(?:\/|$)/.test(line)),
    ...leftOf(repo),
  ];
}
