import { parseCriteria } from "../../../domain/criteria.ts";
import { editFrontMatter } from "../../../domain/front-matter.ts";
import type { SpecId } from "../../../domain/id.ts";
import { addedReason, conflictReason } from "../../../domain/landing-reasons.ts";
import { driverCompletion, timeText } from "../../../domain/mark.ts";
import { mergeSpec } from "../../../domain/merge-spec.ts";
import { isBroken, parseSpec } from "../../../domain/spec.ts";
import { truncate } from "../../../kit/text.ts";
import { makeCommit } from "../../../git/commit.ts";
import { storeObjects } from "../../../git/objects.ts";
import { isAncestor } from "../../../git/refs.ts";
import { specPath } from "../../../store/places.ts";
import { completedText, mergeTrees } from "../compute.ts";
import type { Engine } from "../engine.ts";
import { readEnd } from "../launch-files.ts";
import { gated } from "../merge-specs.ts";
import { type RunRecord, runFolder } from "../record.ts";
import { type Step, stepOf } from "../step.ts";
import { driversCompletedBy, type SpecWorld } from "../world.ts";
import type { SpecDisk } from "./disk.ts";
import { provenLanding } from "./landed.ts";

export type SilentLanding =
  | {
      readonly kind: "landed";
      /** Not moved where it is on the target already, or there was nothing to merge. */
      readonly step: Step;
      /** What proves it, once the target has it. */
      readonly proof: string;
      readonly drivers: readonly SpecId[];
      readonly changed: readonly string[];
    }
  | { readonly kind: "conflict"; readonly reason: string };

/**
 * Computes how a run lands whose specs git does not know: a plain merge of its branch, and the spec and the drivers that it
 * completes, on disk. Nothing of chant's is in the merge.
 */
export async function computeSilentLanding(
  engine: Engine,
  world: SpecWorld,
  disk: SpecDisk,
  completed: readonly SpecId[],
  onto: Step,
  record: RunRecord,
): Promise<SilentLanding> {
  const { id } = record;
  const work = await mergeWork(engine, onto, record);
  if (work.kind === "conflict") return work;
  const spec = await finishedSpec(engine, disk, record, work.isProven);
  if (spec.kind === "conflict") return spec;
  if (spec.text !== undefined) await disk.write(specPath(id), spec.text);
  const drivers = driversCompletedBy(world, [...completed, id]);
  const at = timeText(engine.clock.nowMs());
  for (const driver of drivers) {
    const text = (await disk.read(specPath(driver)))?.text;
    if (text === undefined || isBroken(parseSpec(driver, text))) continue;
    await disk.write(specPath(driver), editFrontMatter(text, driverCompletion(at)));
  }
  const { step, proof, changed } = work;
  return { kind: "landed", step, proof, changed, drivers };
}

type Conflict = Extract<SilentLanding, { readonly kind: "conflict" }>;

/**
 * Returns the spec as it is to stand on disk: the person's edits, the agent's ticks, and that it is completed; no text
 * where that stands there already. What has landed is completed, whatever else somebody wrote meanwhile.
 */
async function finishedSpec(
  engine: Engine,
  disk: SpecDisk,
  record: RunRecord,
  hasLanded: boolean,
): Promise<{ readonly kind: "spec"; readonly text?: string } | Conflict> {
  const { id, spec: base } = record;
  const path = specPath(id);
  const ours = (await disk.read(path))?.text;
  const onDisk = ours === undefined ? undefined : parseSpec(id, ours);
  if (ours === undefined || onDisk === undefined || isBroken(onDisk)) {
    if (hasLanded) return { kind: "spec" };
    return { kind: "conflict", reason: `${path} was removed meanwhile, or cannot be read` };
  }
  if (hasLanded && onDisk.status === "completed") return { kind: "spec" };
  const theirs = (await readEnd(runFolder(engine.places, record), record.launch))?.spec;
  const merged = base === undefined || theirs === undefined ? undefined : mergeSpec({ base, ours, theirs });
  if (merged?.ok !== true && !hasLanded) {
    return { kind: "conflict", reason: `what was ticked conflicts with what ${path} holds now` };
  }
  const text = merged?.ok === true ? gated(engine, merged.text, ours, path) : ours;
  const isForced = record.judgeOnly?.forcedBy !== undefined || hasLanded;
  const open = isForced ? undefined : parseCriteria(text).find((criterion) => !criterion.ticked);
  if (open !== undefined) {
    return { kind: "conflict", reason: addedReason(open.text) };
  }
  return { kind: "spec", text: completedText(text, record, timeText(engine.clock.nowMs())) };
}

interface MergedWork {
  readonly kind: "merged";
  readonly step: Step;
  readonly proof: string;
  readonly changed: readonly string[];
  /** The target has it already. */
  readonly isProven: boolean;
}

async function mergeWork(engine: Engine, onto: Step, record: RunRecord): Promise<MergedWork | Conflict> {
  const { id, base, tip, target } = record;
  if (base === undefined || tip === undefined) throw new Error(`${id} is landing without a base or a tip`);
  const proof = await provenLanding(engine, record, onto.commit);
  const isProven = proof !== undefined;
  if (isProven) return { kind: "merged", step: onto, proof, changed: [], isProven };
  // Nothing to merge: only boxes were ticked, or a person has merged it by hand.
  if (tip === base || (await isAncestor(engine.repo, tip, onto.commit))) {
    return { kind: "merged", step: onto, proof: onto.commit, changed: [], isProven };
  }
  const [baseStep, tipStep] = await Promise.all([stepOf(engine, base), stepOf(engine, tip)]);
  const changes = await engine.trees.diff(baseStep.tree, tipStep.tree);
  const changed = changes.map((change) => change.path);
  if (onto.commit === base) return { kind: "merged", step: tipStep, proof: tip, changed, isProven };
  const tree = await mergeTrees(engine, baseStep, onto, tipStep, [], changes);
  if (typeof tree !== "string") {
    return { kind: "conflict", reason: conflictReason(target, tree) };
  }
  const message = truncate(record.title.replaceAll(/\s+/g, " ").trim(), 100);
  const merge = await makeCommit(
    engine.repo,
    { tree, parents: [onto.commit, tip], message },
    engine.signature(),
  );
  await storeObjects(engine.repo, merge.objects);
  return { kind: "merged", step: { commit: merge.oid, tree }, proof: merge.oid, changed, isProven };
}
