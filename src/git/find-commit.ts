import { git, gitText, type GitPlace } from "./program.ts";
import { commonPlace, type Repository } from "./repository.ts";

/** A commit, as a person is told of it. */
export interface FoundCommit {
  readonly oid: string;
  /** ISO 8601, when it was committed. */
  readonly at: string;
  readonly subject: string;
}

/**
 * Returns the newest commit on a ref's own line of history (merged branches left out) whose message holds these words,
 * taken literally.
 */
export async function findCommit(
  repo: Repository,
  ref: string,
  words: string,
): Promise<FoundCommit | undefined> {
  const args = [
    "log",
    "-1",
    "--first-parent",
    "--fixed-strings",
    `--grep=${words}`,
    "--format=%H%x00%cI%x00%s",
  ];
  const result = await git(commonPlace(repo), [...args, "--end-of-options", ref, "--"], { accept: [0, 128] });
  const [oid, at, subject] = result.stdout.toString("utf8").replace(/\n$/, "").split("\0");
  return oid === undefined || at === undefined || subject === undefined ? undefined : { oid, at, subject };
}

/** Tells whether a commit that `tip` has and `base` has not, on whichever line of history, has this line in its message. */
export async function hasCommitWithLine(
  repo: Repository,
  base: string,
  tip: string,
  line: string,
): Promise<boolean> {
  const args = ["log", "--fixed-strings", `--grep=${line}`, "--format=%B%x00", "--end-of-options"];
  const { stdout } = await git(commonPlace(repo), [...args, `${base}..${tip}`, "--"]);
  return stdout
    .toString("utf8")
    .split(/[\n\0]/)
    .includes(line);
}

/** A commit by its name and the first line of its message. */
export interface ShortCommit {
  readonly oid: string;
  readonly subject: string;
}

/** Returns the commits that `tip` has and `base` has not, the oldest first. */
export async function commitsBetween(
  place: GitPlace,
  base: string,
  tip: string,
): Promise<readonly ShortCommit[]> {
  if (base === tip) return [];
  const out = await gitText(place, ["log", "--reverse", "--format=%H%x00%s%x00", `${base}..${tip}`, "--"]);
  return out.split("\0\n").flatMap((line) => {
    const [oid = "", subject = ""] = line.replace(/\0$/, "").split("\0");
    return oid === "" ? [] : [{ oid, subject }];
  });
}
