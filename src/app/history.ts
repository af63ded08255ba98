import type { AttemptEnd, SpecHappening } from "../domain/history.ts";
import { archivedId } from "../domain/archive.ts";
import { compareIds, isSpecId, type SpecId } from "../domain/id.ts";
import { changeOf, type SpecVersion } from "../domain/spec-change.ts";
import { uniteHistory } from "../domain/unite-history.ts";
import { type CommitWithFiles, commitsOfFiles } from "../git/spec-commits.ts";
import { ObjectReader } from "../git/object-reader.ts";
import { parseArchived } from "../store/archive-files.ts";
import { archiveLocation } from "../store/config.ts";
import { readJournal } from "../store/journal.ts";
import { SPEC_FOLDER, specPath } from "../store/places.ts";
import { requireId, requireInitialised, type Workspace } from "./workspace.ts";

/** What is known of what happened, oldest first. */
export interface History {
  readonly happenings: readonly (SpecHappening & { readonly version?: SpecVersion })[];
  readonly attempts: readonly AttemptEnd[];
  /** Why the journal could not be read, as a sentence: then git alone answers. */
  readonly warning?: string;
}

export interface HistoryRequest {
  readonly sinceMs: number;
  readonly id?: SpecId;
  /** At least so many of the newest, where there are more: the rest need not be read. */
  readonly limit?: number;
}

/**
 * Returns what happened to specs, from the history of HEAD united with the journal.
 * @throws ChantError NOT_INITIALISED
 */
export async function readHistory(workspace: Workspace, request: HistoryRequest): Promise<History> {
  await requireInitialised(workspace);
  const [fromGit, journal] = await Promise.all([
    historyInGit(workspace, request),
    readJournal(workspace.places.journal, request.sinceMs, request.id),
  ]);
  return {
    happenings: uniteHistory(fromGit, journal.happenings),
    attempts: journal.attempts,
    ...(journal.problem === undefined
      ? {}
      : {
          warning: `The journal ${workspace.places.journal} cannot be read: ${journal.problem}. This is what git knows.`,
        }),
  };
}

/**
 * Returns what happened to one spec.
 * @throws ChantError NOT_INITIALISED, SPEC_UNKNOWN, SPEC_AMBIGUOUS
 */
export async function historyOf(
  workspace: Workspace,
  partial: string,
): Promise<History & { readonly id: SpecId }> {
  const id = await requireId(workspace, partial);
  const { happenings, ...rest } = await readHistory(workspace, { sinceMs: 0, id });
  return { id, ...rest, happenings: happenings.map(withoutVersion) };
}

/** Returns a happening as it is told, without the file that it left. */
export const withoutVersion = ({
  version: _version,
  ...happening
}: History["happenings"][number]): SpecHappening => happening;

async function historyInGit(
  { repo, places }: Workspace,
  { sinceMs, id, limit = Infinity }: HistoryRequest,
): Promise<readonly (SpecHappening & { readonly version?: SpecVersion })[]> {
  const archive = await archiveLocation(places);
  const paths =
    id === undefined
      ? [SPEC_FOLDER, archive]
      : [specPath(id), `:(glob)${archive}/**/${id}.md`, `:(glob)${archive}/**/${id}.md.gz`];
  using reader = new ObjectReader(repo);
  const head = await reader.head(repo.gitDir);
  if (head.commit === undefined) return [];
  const versions = new Versions(reader, archive);
  // Commits that say nothing to a history, such as ticks, are among them: more are asked for when they are many.
  for (let enough = id === undefined ? limit * 2 : Infinity; ; enough *= 8) {
    const isAll = enough > MOST_COMMITS;
    const commits = await commitsOfFiles(repo, head.commit, paths, { sinceMs, ...(isAll ? {} : { enough }) });
    const found: (SpecHappening & { readonly version?: SpecVersion })[] = [];
    for (const commit of commits) {
      if (found.length >= limit) break;
      if (commit.atMs >= sinceMs) found.push(...(await happeningsIn(commit, versions, archive)).toReversed());
    }
    if (isAll || found.length >= limit || commits.length < enough) return found.toReversed();
  }
}

/** Above so many, all of them are asked for at once. */
const MOST_COMMITS = 100_000;

async function happeningsIn(
  { oid, atMs, author, run, files }: CommitWithFiles,
  versions: Versions,
  archive: string,
): Promise<readonly (SpecHappening & { readonly version?: SpecVersion })[]> {
  const sides = new Map<SpecId, { before?: SpecVersion | undefined; after?: SpecVersion | undefined }>();
  for (const { path, old, now } of files) {
    const id = idOf(path, archive);
    if (id === undefined) continue;
    const side = sides.get(id) ?? {};
    // What moves into the archive is removed here and added there.
    if (old !== undefined) side.before = await versions.read(id, path, old);
    if (now !== undefined) side.after = await versions.read(id, path, now);
    sides.set(id, side);
  }
  return [...sides]
    .toSorted(([a], [b]) => compareIds(a, b))
    .flatMap(([id, { before, after }]) => {
      const change = changeOf(before, after, run !== undefined);
      if (change === undefined) return [];
      const isRunKnown = run !== undefined && change.kind === "landed";
      return [
        {
          atMs,
          id,
          ...change,
          by: author,
          commit: oid,
          ...(isRunKnown ? { run } : {}),
          ...(after === undefined ? {} : { version: after }),
        },
      ];
    });
}

function idOf(path: string, archive: string): SpecId | undefined {
  if (path.startsWith(`${archive}/`)) return archivedId(path.slice(archive.length + 1));
  const id = path.startsWith(`${SPEC_FOLDER}/`)
    ? /^([^/]+)\.md$/.exec(path.slice(SPEC_FOLDER.length + 1))
    : null;
  return id?.[1] !== undefined && isSpecId(id[1]) ? id[1] : undefined;
}

/** Versions of specs by the names of their contents: what one commit left is what the next one found. */
class Versions {
  readonly #reader: ObjectReader;
  readonly #archive: string;
  readonly #known = new Map<string, SpecVersion>();

  constructor(reader: ObjectReader, archive: string) {
    this.#reader = reader;
    this.#archive = archive;
  }

  async read(id: SpecId, path: string, oid: string): Promise<SpecVersion | undefined> {
    const isArchived = path.startsWith(`${this.#archive}/`);
    const key = `${id} ${oid} ${isArchived}`;
    let version = this.#known.get(key);
    if (version !== undefined) return version;
    const blob = await this.#reader.read(oid);
    if (blob?.type !== "blob") return undefined;
    version = { spec: parseArchived(id, path, blob.content), isArchived };
    this.#known.set(key, version);
    return version;
  }
}
