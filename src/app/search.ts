import { createdOn } from "../domain/export.ts";
import { compareIds, type SpecId } from "../domain/id.ts";
import { parseDay } from "../domain/period.ts";
import { type Excerpt, ftsExpression, parseMarked, parseSearch } from "../domain/search.ts";
import { isBroken } from "../domain/spec.ts";
import { ChantError } from "../kit/errors.ts";
import type { Clock } from "../kit/clock.ts";
import { specPath } from "../store/places.ts";
import { type Searchable, withSearchable } from "../store/search-files.ts";
import type { IndexHit } from "../store/spec-index.ts";
import { readArchived } from "./archived.ts";
import { readRecords, type RunRecord } from "./engine/record.ts";
import { type ShownStatus, statusOf } from "./overview.ts";
import { viewRun } from "./run-view.ts";
import { openArchive, requireInitialised, type Workspace } from "./workspace.ts";

/** What to look for, and in which specs; an empty list lets all of them in. */
export interface SearchRequest {
  readonly query: string;
  readonly isTitleOnly: boolean;
  readonly statuses: readonly ShownStatus[];
  readonly labels: readonly string[];
  /** Only what was written on this local day or later, milliseconds since 1970. */
  readonly sinceMs?: number;
  /** Also what is in the archive. */
  readonly hasArchived: boolean;
  /** How many to return at most. */
  readonly limit: number;
}

/** A spec that was found. */
export interface FoundSpec {
  readonly id: SpecId;
  readonly title: Excerpt;
  /** The best part of the text, where the match is there. */
  readonly excerpt?: Excerpt;
  readonly status: ShownStatus;
  readonly labels: readonly string[];
  readonly isArchived: boolean;
  /** Relative to home. */
  readonly path: string;
}

export interface SearchResult {
  /** The best first. */
  readonly found: readonly FoundSpec[];
  /** How many there are without the limit. */
  readonly total: number;
  /** How many more the archive has, where it was not asked for. */
  readonly inArchive: number;
}

/** One hit, and where its spec stands. */
interface Candidate extends IndexHit {
  readonly status: ShownStatus;
}

/** @throws ChantError NOT_INITIALISED, USAGE when nothing in the query can be looked for */
export async function searchSpecs(
  workspace: Workspace,
  clock: Pick<Clock, "nowMs">,
  request: SearchRequest,
): Promise<SearchResult> {
  const expression = ftsExpression(parseSearch(request.query), request.isTitleOnly);
  if (expression === undefined) {
    throw new ChantError("USAGE", `There is no word to look for in ${JSON.stringify(request.query)}.`, {
      hint: 'For example: chant search parser, chant search "sort order" or chant search "pars*"',
    });
  }
  await requireInitialised(workspace);
  const { index, specs } = workspace.places;
  const [archive, records] = await Promise.all([openArchive(workspace), readRecords(workspace.places)]);
  const places = { index, specs, archive, nowMs: () => clock.nowMs() };
  return withSearchable(places, async (searchable) => {
    const hits = searchable.search(expression);
    const labelsOf = await labelReader(searchable, request.labels.length > 0 ? hits : []);
    const candidates: Candidate[] = [];
    for (const hit of hits) {
      const candidate = await candidateOf(workspace, searchable, records, hit);
      if (candidate === undefined || !isWanted(candidate, request)) continue;
      const labels = request.labels.length > 0 ? labelsOf(hit) : [];
      if (request.labels.every((label) => labels.includes(label))) candidates.push(candidate);
    }
    const shown = candidates.filter(({ place }) => request.hasArchived || place === "active");
    // Of two that are equally good, the newer one.
    const ranked = shown.toSorted((a, b) => a.rank - b.rank || compareIds(b.id, a.id));
    const found: FoundSpec[] = [];
    const best = ranked.slice(0, request.limit);
    const labelsOfBest = await labelReader(searchable, best);
    for (const candidate of best) {
      const texts = searchable.excerpt(expression, candidate.row);
      const body = parseMarked(texts.body.replaceAll(/\s+/g, " ").trim());
      const isArchived = candidate.place === "archived";
      found.push({
        id: candidate.id,
        title: parseMarked(texts.title),
        ...(body.matches.length === 0 ? {} : { excerpt: body }),
        status: candidate.status,
        labels: labelsOfBest(candidate),
        isArchived,
        path: isArchived
          ? ((await readArchived(workspace, archive, candidate.id)).path ?? "")
          : specPath(candidate.id),
      });
    }
    return { found, total: shown.length, inArchive: candidates.length - shown.length };
  });
}

type Hit = Pick<IndexHit, "id" | "place">;

/** Reads some of what was found, and returns how to look up its labels. */
async function labelReader(
  { active, archived }: Searchable,
  hits: readonly Hit[],
): Promise<(hit: Hit) => readonly string[]> {
  const read = await active.read(hits.flatMap(({ id, place }) => (place === "active" ? [id] : [])));
  return ({ id, place }) => {
    const spec = (place === "active" ? read : archived).get(id);
    return spec === undefined || isBroken(spec) ? [] : spec.labels;
  };
}

/** Returns undefined for what is archived and, where git ignores the archive, active again. */
async function candidateOf(
  { places }: Workspace,
  { active, archived }: Searchable,
  records: ReadonlyMap<SpecId, RunRecord>,
  hit: IndexHit,
): Promise<Candidate | undefined> {
  const { id, place } = hit;
  if (place === "archived") {
    const spec = active.has(id) ? undefined : archived.get(id);
    return spec === undefined ? undefined : { ...hit, status: isBroken(spec) ? "broken" : spec.status };
  }
  const file = active.statusOf(id);
  const record = records.get(id);
  if (file === undefined) return undefined;
  const run = record === undefined ? undefined : await viewRun(places, record);
  return { ...hit, status: statusOf(file, run, false) };
}

function isWanted({ id, status }: Candidate, { statuses, sinceMs }: SearchRequest): boolean {
  if (statuses.length > 0 && !statuses.includes(status)) return false;
  return sinceMs === undefined || (parseDay(createdOn(id) ?? "")?.endMs ?? 0) > sinceMs;
}
