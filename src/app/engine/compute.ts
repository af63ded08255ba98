import { boundAgain } from "../../domain/approval.ts";
import { parseCriteria } from "../../domain/criteria.ts";
import { editFrontMatter, type FrontMatterChanges } from "../../domain/front-matter.ts";
import type { SpecId } from "../../domain/id.ts";
import { addedReason, conflictReason } from "../../domain/landing-reasons.ts";
import { driverCompletion, timeText } from "../../domain/mark.ts";
import { isBroken, parseSpec } from "../../domain/spec.ts";
import { makeCommit } from "../../git/commit.ts";
import { mergeCommits, type MergeResult, useAttributesOf } from "../../git/merge.ts";
import { hasCommitWithLine } from "../../git/find-commit.ts";
import { isMergeBase } from "../../git/merge-base.ts";
import { storeObjects } from "../../git/objects.ts";
import { MissingObject } from "../../git/missing-object.ts";
import { isAncestor } from "../../git/refs.ts";
import type { TreeDifference } from "../../git/tree.ts";
import { mergeTrivially } from "../../git/trivial-merge.ts";
import { SPEC_FOLDER, specPath } from "../../store/places.ts";
import type { Engine } from "./engine.ts";
import { finalizeMessage, landMessage, runTrailer } from "./messages.ts";
import { reportedFront } from "./launch-report.ts";
import { mergeOtherSpecs, mergeSpecFile, mergeSpecOf, type Sides } from "./merge-specs.ts";
import type { RunRecord } from "./record.ts";
import { commitFiles, type Step, stepOf, textAt, treeWithFiles } from "./step.ts";
import { driversCompletedBy, type SpecWorld } from "./world.ts";

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

/** Lets a run whose objects are damaged or gone wait for a person by itself: those that land with it are whole. */
export async function orConflict<L>(
  computing: Promise<L>,
): Promise<L | Extract<Landing, { kind: "conflict" }>> {
  try {
    return await computing;
  } catch (error) {
    if (!(error instanceof MissingObject)) throw error;
    return { kind: "conflict", reason: `what it made cannot be read: ${error.message}` };
  }
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
  const sides: Sides = { base: baseStep.tree, ours: onto.tree, theirs: tipStep.tree };
  const commits = { tip, onto: onto.commit };
  const merged = await mergeSpecOf(engine, sides, commits, specPath(id));
  const conflict = (files: readonly string[]): Landing => ({
    kind: "conflict",
    reason: conflictReason(record.target, files),
  });
  if (typeof merged !== "string") return conflict([specPath(id)]);
  const isForced = record.judgeOnly?.forcedBy !== undefined;
  const open = isForced ? undefined : parseCriteria(merged).find((criterion) => !criterion.ticked);
  // The agent ticked all that it knew of: this one came to the target meanwhile.
  if (open !== undefined) {
    return { kind: "conflict", reason: addedReason(open.text, record.target) };
  }
  const completedAt = timeText(engine.clock.nowMs());
  const files = new Map([[specPath(id), completedText(merged, record, completedAt)]]);
  const others = await mergeOtherSpecs(engine, sides, { ...commits, own: specPath(id) });
  if (others.conflicts.length > 0) return conflict(others.conflicts);
  for (const [path, text] of others.texts) files.set(path, text);
  const drivers = driversCompletedBy(world, [...completed, id]);
  const unknown: SpecId[] = [];
  for (const driver of drivers) {
    const path = specPath(driver);
    const text = files.get(path) ?? (await textAt(engine, onto.tree, path))?.text;
    if (text === undefined) unknown.push(driver);
    else files.set(path, editFrontMatter(text, driverCompletion(completedAt)));
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
  { repo, reader }: Engine,
  { run, finalize }: RunRecord,
  base: string,
  target: string,
): Promise<boolean> {
  if (finalize === undefined) return false;
  // One of a try that came to nothing is in no branch: git may have cleared it away by now.
  const isThere = (await reader.read(finalize)) !== undefined;
  return (
    (isThere && (await isAncestor(repo, finalize, target))) ||
    hasCommitWithLine(repo, base, target, runTrailer(run))
  );
}

/** Completes a spec's text. What chant writes there breaks no approval that held until now. */
export function completedText(text: string, record: RunRecord, completedAt: string): string {
  const after = editFrontMatter(text, completion(record, completedAt));
  const [before, now] = [parseSpec(record.id, text), parseSpec(record.id, after)];
  const approval = isBroken(before) || isBroken(now) ? undefined : boundAgain(before, now);
  return approval === undefined ? after : editFrontMatter(after, { approval });
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

/** Returns the merged tree, in which the files that the finalize commit wrote are as it wrote them, or the conflicts. */
export async function mergeTrees(
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
