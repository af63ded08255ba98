import { gitText } from "./program.ts";
import { commonPlace, type Repository } from "./repository.ts";

/** One file that a commit changed: the names of its contents, undefined where there was or is none. */
export interface ChangedFile {
  readonly path: string;
  readonly old: string | undefined;
  readonly now: string | undefined;
}

/** A commit that changed some files, as far as they were asked for. */
export interface CommitWithFiles {
  readonly oid: string;
  /** When it was written, whoever rebased it since: milliseconds since 1970. */
  readonly atMs: number;
  readonly author: string;
  /** What its trailer `Chant-Run` says. */
  readonly run?: string;
  readonly files: readonly ChangedFile[];
}

const FORMAT = "%H%x00%at%x00%an%x00%(trailers:key=Chant-Run,valueonly,separator=%x20)";

/** How far back to look; all of it where nothing is said. A long history is not walked further than that. */
export interface Reach {
  /** Milliseconds since 1970. */
  readonly sinceMs?: number;
  /** About so many of the newest are enough. */
  readonly enough?: number;
}

/** Merges are left out: what they bring was said by the commits that they merge. */
const LOG = ["log", "-z", "--full-history", "--no-merges"];

/** Returns the commits in the history of a ref that changed files at some paths, newest first, none before its children. */
export async function commitsOfFiles(
  repo: Repository,
  ref: string,
  paths: readonly string[],
  reach: Reach = {},
): Promise<readonly CommitWithFiles[]> {
  const log = (args: readonly string[]): Promise<string> =>
    // Without a commit there is no history.
    gitText(commonPlace(repo), [...LOG, ...args, "--end-of-options", ref, "--", ...paths], {
      accept: [0, 128],
    });
  // Only with an end to it the order of parents and children costs no walk through all of history.
  const newest = reach.enough === undefined ? "" : await log([`-n${reach.enough}`, "--format=%ct"]);
  const seconds = newest.split("\0").flatMap((text) => (text.trim() === "" ? [] : [Number(text)]));
  const enoughMs = seconds.length === reach.enough ? Math.min(...seconds) * 1000 : 0;
  const fromMs = Math.max(reach.sinceMs ?? 0, enoughMs);
  const since = fromMs > 0 ? [`--since=${new Date(fromMs).toISOString().replace(/\.\d+Z$/, "Z")}`] : [];
  const order = ["--date-order", "--raw", "--no-abbrev", "--no-renames"];
  return parseCommits((await log([...since, ...order, `--format=${FORMAT}`])).split("\0"));
}

const NO_OBJECT = /^0+$/;

/** Four fields open a commit; then come its files, each a description that begins with a colon, and its path. */
function parseCommits(fields: readonly string[]): readonly CommitWithFiles[] {
  const commits: (CommitWithFiles & { readonly files: ChangedFile[] })[] = [];
  for (let at = 0; at < fields.length;) {
    const field = (fields[at] ?? "").trim();
    const [, old, now] = /^:\d+ \d+ ([0-9a-f]+) ([0-9a-f]+) \w+$/.exec(field) ?? [];
    if (old !== undefined && now !== undefined) {
      commits.at(-1)?.files.push({
        path: fields[at + 1] ?? "",
        old: NO_OBJECT.test(old) ? undefined : old,
        now: NO_OBJECT.test(now) ? undefined : now,
      });
      at += 2;
    } else if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(field)) {
      const run = (fields[at + 3] ?? "").trim().split(" ")[0] ?? "";
      commits.push({
        oid: field,
        atMs: Number(fields[at + 1]) * 1000,
        author: fields[at + 2] ?? "",
        ...(run === "" ? {} : { run }),
        files: [],
      });
      at += 4;
    } else {
      at += 1;
    }
  }
  return commits;
}
