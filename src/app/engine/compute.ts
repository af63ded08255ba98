import { decodeUtf8 } from "../../kit/utf8.ts";
import { parseCriteria } from "../../domain/criteria.ts";
import { editFrontMatter, type FrontMatterChanges } from "../../domain/front-matter.ts";
import type { SpecId } from "../../domain/id.ts";
import { driverCompletion } from "../../domain/mark.ts";
import { mergeSpec } from "../../domain/merge-spec.ts";
import { makeCommit, parseCommit } from "../../git/commit.ts";
import { mergeCommits, type MergeResult, useAttributesOf } from "../../git/merge.ts";
import { hasCommitWithLine } from "../../git/find-commit.ts";
import { isMergeBase } from "../../git/merge-base.ts";
import { newObject, storeObjects } from "../../git/objects.ts";
import { isAncestor } from "../../git/refs.ts";
import type { TreeChanges, TreeDifference } from "../../git/tree.ts";
import { mergeTrivially } from "../../git/trivial-merge.ts";
import { SPEC_FOLDER, specPath } from "../../store/places.ts";
import type { Engine } from "./engine.ts";
import { finalizeMessage, landMessage, runTrailer } from "./messages.ts";
import { reportedFront } from "./launch-report.ts";
import type { RunRecord } from "./record.ts";
import { driversCompletedBy, type SpecWorld } from "./world.ts";

/** A commit that the target may become, not published yet. */
export interface Step {
  readonly commit: string;
  readonly tree: string;
}

export type Landing =
  | { readonly kind: "landed_already" }
  | {
      readonly kind: "merged";
      readonly step: Step;
      readonly finalize: string;
      readonly drivers: readonly SpecId[];
      /** Those of the drivers whose files the target does not know yet: the finalize commit cannot say it. */
      readonly unknown: readonly SpecId[];
      readonly changed: readonly string[];
    }
  | { readonly kind: "conflict"; readonly reason: string };

export async function stepOf(engine: Engine, commit: string): Promise<Step> {
  return { commit, tree: parseCommit((await engine.reader.require(commit)).content).tree };
}

/** Returns the text of a file in a tree. What is not UTF-8 can be compared, and must not be written again. */
export async function textAt(
  engine: Engine,
  tree: string,
  path: string,
): Promise<{ readonly oid: string; readonly text: string; readonly isUtf8: boolean } | undefined> {
  const entry = await engine.trees.find(tree, path);
  if (entry === undefined) return undefined;
  const bytes = (await engine.reader.require(entry.oid)).content;
  const text = decodeUtf8(bytes);
  return { oid: entry.oid, text: text ?? bytes.toString("utf8"), isUtf8: text !== undefined };
}

/** New contents by path: as text, as a stored blob, or undefined to remove the file. */
export type FileChanges = ReadonlyMap<string, string | { readonly blob: string } | undefined>;

/** Makes the commit that follows `from` with some files changed. */
export async function commitFiles(
  engine: Engine,
  from: Step,
  files: FileChanges,
  message: string,
  parents: readonly string[] = [from.commit],
): Promise<Step> {
  const tree = await treeWithFiles(engine, from.tree, files);
  const commit = await makeCommit(engine.repo, { tree, parents, message }, engine.signature());
  await storeObjects(engine.repo, commit.objects);
  return { commit: commit.oid, tree };
}

async function treeWithFiles(engine: Engine, tree: string, files: FileChanges): Promise<string> {
  const changes = new Map<string, { mode: string; oid: string } | undefined>();
  for (const [path, content] of files) {
    if (content === undefined) {
      changes.set(path, undefined);
    } else if (typeof content === "string") {
      const blob = newObject(engine.repo.hash, "blob", Buffer.from(content, "utf8"));
      await storeObjects(engine.repo, [blob]);
      changes.set(path, { mode: "100644", oid: blob.oid });
    } else {
      changes.set(path, { mode: "100644", oid: content.blob });
    }
  }
  const made = await engine.trees.with(tree, changes satisfies TreeChanges);
  await storeObjects(engine.repo, made.objects);
  return made.oid;
}

/**
 * Computes how a run that was judged done lands on `onto`: the finalize commit on the branch's side (only the spec
 * and the drivers that it completes), and the merge of both. The specs' front matter is merged field by field
 * beforehand, into the finalize commit, never as an edit of the merge: that would be lost by `git pull --rebase`.
 */
export async function computeLanding(
  engine: Engine,
  world: SpecWorld,
  completed: readonly SpecId[],
  onto: Step,
  record: RunRecord,
): Promise<Landing> {
  const { id, base, tip } = record;
  if (base === undefined || tip === undefined) throw new Error(`${id} is landing without a base or a tip`);
  if (await hasLanded(engine, record, base, onto.commit)) return { kind: "landed_already" };
  const [baseStep, tipStep] = await Promise.all([stepOf(engine, base), stepOf(engine, tip)]);
  const merged = await mergeSpecFile(
    engine,
    { base: baseStep.tree, ours: onto.tree, theirs: tipStep.tree },
    specPath(id),
  );
  const conflict = (files: readonly string[]): Landing => ({
    kind: "conflict",
    reason: `its work conflicts with ${record.target.replace(/^refs\/heads\//, "")} in ${files.join(", ")}`,
  });
  if (typeof merged !== "string") return conflict([specPath(id)]);
  const isForced = record.judgeOnly?.forcedBy !== undefined;
  const open = isForced ? undefined : parseCriteria(merged).find((criterion) => !criterion.ticked);
  // The agent ticked all that it knew of: this one came to the target meanwhile.
  if (open !== undefined) {
    return { kind: "conflict", reason: `a criterion was added meanwhile and is not ticked: "${open.text}"` };
  }
  const completedAt = new Date(engine.clock.nowMs()).toISOString().replace(/\.\d+Z$/, "Z");
  const files = new Map([[specPath(id), editFrontMatter(merged, completion(record, completedAt))]]);
  const drivers = driversCompletedBy(world, [...completed, id]);
  const unknown: SpecId[] = [];
  for (const driver of drivers) {
    const text = await textAt(engine, onto.tree, specPath(driver));
    if (text === undefined) unknown.push(driver);
    else files.set(specPath(driver), editFrontMatter(text.text, driverCompletion(completedAt)));
  }
  const finalize = await commitFiles(engine, tipStep, files, finalizeMessage(record));
  const changes = await engine.trees.diff(baseStep.tree, finalize.tree);
  const tree = await mergeTrees(engine, baseStep, onto, finalize, [...files.keys()], changes);
  if (typeof tree !== "string") return conflict(tree);
  const merge = await makeCommit(
    engine.repo,
    { tree, parents: [onto.commit, finalize.commit], message: landMessage(record) },
    engine.signature(),
  );
  await storeObjects(engine.repo, merge.objects);
  return {
    kind: "merged",
    step: { commit: merge.oid, tree },
    finalize: finalize.commit,
    drivers,
    unknown,
    changed: changes.map((change) => change.path),
  };
}

/** Tells whether a landing that was begun before is on the target: as it was made, or rebased by the user since. */
async function hasLanded(
  { repo }: Engine,
  { run, finalize }: RunRecord,
  base: string,
  target: string,
): Promise<boolean> {
  if (finalize === undefined) return false;
  return (await isAncestor(repo, finalize, target)) || hasCommitWithLine(repo, base, target, runTrailer(run));
}

function completion(record: RunRecord, completedAt: string): FrontMatterChanges {
  return {
    status: "completed",
    completed_at: completedAt,
    agent: record.agent,
    ...reportedFront(record),
    commits: record.commits ?? [],
    ...(record.noChanges === true ? { no_changes: true } : {}),
    attention: undefined,
    retry: undefined,
  };
}

/** Merges one spec's file from three trees; false when its prose conflicts. */
async function mergeSpecFile(
  engine: Engine,
  trees: { readonly base: string; readonly ours: string; readonly theirs: string },
  path: string,
): Promise<string | false> {
  const [base, ours, theirs] = await Promise.all([
    textAt(engine, trees.base, path),
    textAt(engine, trees.ours, path),
    textAt(engine, trees.theirs, path),
  ]);
  if (theirs === undefined || [base, ours, theirs].some((side) => side?.isUtf8 === false)) return false;
  // Removed on the target while it was worked on: a person has to say what is meant.
  if (ours === undefined) return base === undefined ? theirs.text : false;
  if (base === undefined || ours.oid === base.oid) return theirs.text;
  const merged = mergeSpec({ base: base.text, ours: ours.text, theirs: theirs.text });
  return merged.ok ? merged.text : false;
}

/** Returns the merged tree, in which the files that the finalize commit wrote are as it wrote them, or the conflicts. */
async function mergeTrees(
  engine: Engine,
  base: Step,
  onto: Step,
  finalize: Step,
  finalized: readonly string[],
  theirs: readonly TreeDifference[],
): Promise<string | readonly string[]> {
  if (onto.commit === base.commit) return finalize.tree;
  const ours = await engine.trees.diff(base.tree, onto.tree);
  const trivial = (await isMergeBase(engine.reader, base.commit, onto.commit, finalize.commit))
    ? await mergeTrivially(engine.trees, onto.tree, ours, theirs, new Set(finalized))
    : undefined;
  if (trivial !== undefined) {
    await storeObjects(engine.repo, trivial.objects);
  } else {
    await useAttributesOf(
      engine.shadow,
      engine.reader,
      engine.trees,
      onto.tree,
      theirs.map((change) => change.path),
    );
  }
  const result: MergeResult =
    trivial === undefined
      ? await mergeCommits(engine.shadow, onto.commit, finalize.commit)
      : { kind: "merged", tree: trivial.oid };
  const files = new Map<string, { blob: string } | string>();
  for (const path of finalized) {
    const entry = await engine.trees.find(finalize.tree, path);
    if (entry !== undefined) files.set(path, { blob: entry.oid });
  }
  const conflicts: string[] = [];
  for (const path of result.kind === "conflict" ? result.files : []) {
    if (files.has(path)) continue;
    const trees = { base: base.tree, ours: onto.tree, theirs: finalize.tree };
    const text = path.startsWith(`${SPEC_FOLDER}/`) ? await mergeSpecFile(engine, trees, path) : false;
    if (text === false) conflicts.push(path);
    else files.set(path, text);
  }
  return conflicts.length > 0 ? conflicts : treeWithFiles(engine, result.tree, files);
}
