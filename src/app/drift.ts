import {
  driftOf,
  type Drift,
  type FileChange,
  mayBeRenamed,
  type Source,
  sourcesOf,
} from "../domain/drift.ts";
import { compareIds, isMemberOf, isSpecId, type SpecId } from "../domain/id.ts";
import { isPattern, plainPath } from "../domain/path-pattern.ts";
import { isBroken, type Spec, type SpecType } from "../domain/spec.ts";
import { parseSpecBytes } from "../domain/spec-bytes.ts";
import { specHash } from "../domain/spec-hash.ts";
import { ChantError } from "../kit/errors.ts";
import { parseCommit } from "../git/commit.ts";
import { ObjectReader } from "../git/object-reader.ts";
import { renamedFiles } from "../git/renames.ts";
import { branchOfHead } from "../git/repository.ts";
import { commitsOfFiles } from "../git/spec-commits.ts";
import { readablePath, Trees } from "../git/tree.ts";
import { requireConfig } from "../store/config.ts";
import { specPath } from "../store/places.ts";
import { SpecReader } from "./engine/world.ts";
import { requireIds, requireInitialised, type Workspace } from "./workspace.ts";

export interface DriftReport {
  /** The branch, without `refs/heads/`, and its last commit. */
  readonly target: string;
  readonly commit: string;
  readonly specs: readonly DriftedSpec[];
}

/** A completed spec that names files which it is about. */
export interface DriftedSpec {
  readonly id: SpecId;
  readonly title: string;
  readonly type: SpecType;
  /** The commit that completed it; undefined when history does not tell. */
  readonly completedBy?: string;
  readonly drift: readonly Drift[];
  /** What it names that was no file at its completion, and is none now. */
  readonly unknown: readonly string[];
}

/**
 * Finds out which of the files that completed specs are about changed since, by their content in git.
 * @param partials parts of ids; a driver stands for its members. Without any, all specs that name such files.
 * @throws ChantError SPEC_UNKNOWN, SPEC_AMBIGUOUS, STATUS_MOVE_REFUSED, DETACHED_HEAD, NO_COMMIT_YET
 */
export async function readDrift(workspace: Workspace, partials: readonly string[]): Promise<DriftReport> {
  const { repo, places } = workspace;
  await requireInitialised(workspace);
  const ids = await requireIds(workspace, partials);
  const { config } = await requireConfig(places);
  const target = await branchOfHead(repo.gitDir);
  if (target === undefined) {
    throw new ChantError("DETACHED_HEAD", "HEAD is not on a branch, so there is nothing to compare with.", {
      hint: "Switch to the branch that is meant, for example: git switch main",
    });
  }
  using reader = new ObjectReader(repo);
  const trees = new Trees(repo, reader);
  const commit = await reader.resolve(target);
  if (commit === undefined) throw new ChantError("NO_COMMIT_YET", "This repository has no commit yet.");
  const archive = config.lifecycle.specs.archive.location;
  const onTarget = await new SpecReader(repo, target, reader, trees, archive).onTarget();
  const all = [...onTarget.values()].filter((spec): spec is Spec => !isBroken(spec));
  const isDriver = (id: SpecId): boolean => all.some((spec) => isMemberOf(spec.id, id));
  const name = target.replace(/^refs\/heads\//, "");
  for (const id of ids) {
    const spec = all.find((each) => each.id === id);
    if (!isDriver(id)) requireComparable(spec, id, name);
  }
  const meant = all
    .filter(({ id }) => ids.length === 0 || ids.some((each) => each === id || isMemberOf(id, each)))
    .filter((spec) => spec.status === "completed" && sourcesOf(spec).length > 0)
    .toSorted((a, b) => compareIds(a.id, b.id));
  const look = new Look(workspace, reader, trees, commit, new Set(onTarget.keys()));
  const completed = await look.completions(target, meant);
  const specs: DriftedSpec[] = [];
  for (const spec of meant) specs.push(await look.at(spec, completed.get(spec.id)));
  return { target: name, commit, specs };
}

function requireComparable(spec: Spec | undefined, id: SpecId, target: string): void {
  if (spec?.status !== "completed") {
    const status = spec?.status ?? "not there";
    throw new ChantError(
      "STATUS_MOVE_REFUSED",
      `${id} is ${status} on ${target}: only completed specs can drift.`,
      {
        hint: `See where it stands: chant why ${id}`,
      },
    );
  }
  if (sourcesOf(spec).length > 0) return;
  throw new ChantError("STATUS_MOVE_REFUSED", `${id} names no files that it is about.`, {
    hint: "Name them in its front matter, under tracks, informed_by or origin: docs/guide/drift.md",
  });
}

/** Looks at files in two commits. */
class Look {
  readonly #workspace: Workspace;
  readonly #reader: ObjectReader;
  readonly #trees: Trees;
  readonly #now: string;
  readonly #ids: ReadonlySet<SpecId>;

  constructor(
    workspace: Workspace,
    reader: ObjectReader,
    trees: Trees,
    now: string,
    ids: ReadonlySet<SpecId>,
  ) {
    this.#workspace = workspace;
    this.#reader = reader;
    this.#trees = trees;
    this.#now = now;
    this.#ids = ids;
  }

  /**
   * Returns the commits that completed specs: the last one that says so of a spec that was not completed before, else,
   * where no commit does (a silent project, an imported history), the last of the spec's own.
   */
  async completions(target: string, specs: readonly Spec[]): Promise<ReadonlyMap<SpecId, string>> {
    const found = new Map<SpecId, string>();
    if (specs.length === 0) return found;
    const paths = new Map(specs.map(({ id }) => [specPath(id), id]));
    for (const { oid, files } of await commitsOfFiles(this.#workspace.repo, target, [...paths.keys()])) {
      for (const { path, old, now } of files) {
        const id = paths.get(path);
        if (id === undefined || found.has(id) || old === undefined) continue;
        const isCompletion = (await this.#isCompleted(id, now)) && !(await this.#isCompleted(id, old));
        if (isCompletion) found.set(id, oid);
      }
    }
    for (const { id, commits } of specs) {
      const last = found.has(id) ? undefined : commits.at(-1);
      const commit = last === undefined ? undefined : await this.#commitOf(last);
      if (commit !== undefined) found.set(id, commit);
    }
    return found;
  }

  async #isCompleted(id: SpecId, oid: string | undefined): Promise<boolean> {
    const blob = oid === undefined ? undefined : await this.#reader.read(oid);
    const spec = blob === undefined ? undefined : parseSpecBytes(id, blob.content);
    return spec !== undefined && !isBroken(spec) && spec.status === "completed";
  }

  async #commitOf(name: string): Promise<string | undefined> {
    if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(name)) return undefined;
    return (await this.#reader.read(name))?.type === "commit" ? name : undefined;
  }

  async at(spec: Spec, completedBy: string | undefined): Promise<DriftedSpec> {
    const { id, title, type } = spec;
    if (completedBy === undefined) return { id, title, type, drift: [], unknown: [] };
    const [then, now] = await Promise.all([this.#treeOf(completedBy), this.#treeOf(this.#now)]);
    const sources = sourcesOf(spec).map((source) => this.#asPath(source));
    const changes = await this.#changes(then, now);
    const first = driftOf(sources, changes);
    const drift = mayBeRenamed(first, changes)
      ? driftOf(sources, changes, await renamedFiles(this.#workspace.repo, completedBy, this.#now))
      : first;
    const unknown: string[] = [];
    for (const { path } of sources) {
      if (isPattern(path) || (await this.#isThere(then, path)) || (await this.#isThere(now, path))) continue;
      unknown.push(path);
    }
    return { id, title, type, completedBy, drift, unknown };
  }

  async #treeOf(commit: string): Promise<string> {
    return parseCommit((await this.#reader.require(commit)).content).tree;
  }

  async #isThere(tree: string, path: string): Promise<boolean> {
    return (await this.#trees.find(tree, plainPath(path))) !== undefined;
  }

  /** What chant itself writes into specs is no change of theirs. */
  async #changes(then: string, now: string): Promise<readonly FileChange[]> {
    const changes: FileChange[] = [];
    for (const { path: raw, old, now: after } of await this.#trees.diff(then, now)) {
      const path = readablePath(raw);
      const isSame =
        old !== undefined && after !== undefined && (await this.#saysTheSame(path, old.oid, after.oid));
      // A mode that changed is a change, though its content is the same.
      const mark = (entry: typeof old): string | undefined => entry && `${entry.mode} ${entry.oid}`;
      if (!isSame) changes.push({ path, old: mark(old), now: mark(after) });
    }
    return changes;
  }

  async #saysTheSame(path: string, old: string, now: string): Promise<boolean> {
    const id = /^\.chant\/specs\/(.+)\.md$/.exec(path)?.[1] ?? "";
    if (!isSpecId(id)) return false;
    const [a, b] = await Promise.all([old, now].map((oid) => this.#reader.require(oid)));
    if (a === undefined || b === undefined) return false;
    const [before, after] = [parseSpecBytes(id, a.content), parseSpecBytes(id, b.content)];
    return !isBroken(before) && !isBroken(after) && specHash(before) === specHash(after);
  }

  /** A spec may be named by its id. */
  #asPath({ key, path }: Source): Source {
    return this.#ids.has(path) ? { key, path: specPath(path) } : { key, path };
  }
}
