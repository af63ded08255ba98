import { editFrontMatter } from "../../../domain/front-matter.ts";
import { driverMarks } from "../../../domain/group-marks.ts";
import { driversAbove } from "../../../domain/group.ts";
import type { SpecId } from "../../../domain/id.ts";
import { type Mark, markedText } from "../../../domain/mark.ts";
import { isBroken, parseSpec, type Spec } from "../../../domain/spec.ts";
import { readablePath } from "../../../git/tree.ts";
import { specPath } from "../../../store/places.ts";
import type { Engine } from "../engine.ts";
import { orConflict } from "../compute.ts";
import {
  approvalChange,
  type Batch,
  type BatchPlan,
  isCompletion,
  openDriver,
  parkMark,
  reasonOf,
  type StartStep,
} from "../plan-batch.ts";
import type { RunRecord } from "../record.ts";
import type { Step } from "../step.ts";
import { groupWorld, type SpecReader, whyGateShut } from "../world.ts";
import { SpecDisk, writeSpecs } from "./disk.ts";
import { computeSilentLanding } from "./landing.ts";

/** How some runs land one after the other, without a word of chant's on the target. */
export interface SilentLandings {
  /** After the last one. */
  readonly step: Step;
  readonly landed: BatchPlan["landed"];
  readonly conflicts: BatchPlan["conflicts"];
  /** What all of them complete. */
  readonly completed: readonly SpecId[];
  /** The specs as they stand on disk once they have landed. */
  readonly disk: SpecDisk;
}

export async function computeSilently(
  engine: Engine,
  specs: SpecReader,
  land: readonly RunRecord[],
  from: Step,
): Promise<SilentLandings> {
  const world = await specs.read();
  const disk = new SpecDisk(engine.repo.home);
  const landed: BatchPlan["landed"][number][] = [];
  const conflicts: BatchPlan["conflicts"][number][] = [];
  const completed: SpecId[] = [];
  let step = from;
  for (const record of land) {
    const landing = await orConflict(computeSilentLanding(engine, world, disk, completed, step, record));
    if (landing.kind === "conflict") {
      conflicts.push({ record, reason: landing.reason });
      continue;
    }
    const { proof, drivers, changed } = landing;
    step = landing.step;
    landed.push({
      record,
      finalize: proof,
      commit: proof,
      step,
      drivers,
      changed: changed.map(readablePath),
    });
    completed.push(record.id, ...drivers);
  }
  return { step, landed, conflicts, completed, disk };
}

/**
 * Plans a batch of a project whose specs git does not know: the target gets plain merges and nothing else, and what else a
 * commit would say stands in the spec files on disk, written once the target has moved.
 */
export async function planSilently(
  engine: Engine,
  batch: Omit<Batch, "land"> & { readonly claims: readonly RunRecord[] | undefined },
  landings: SilentLandings,
  from: Step,
): Promise<BatchPlan> {
  const world = await batch.specs.read();
  const { step, landed, conflicts, disk } = landings;
  const completed = [...landings.completed];
  const nowMs = engine.clock.nowMs();
  const followed = driverMarks(batch.marks ?? [], groupWorld(world), nowMs);
  completed.push(...followed.filter(isCompletion).map(({ id }) => id));
  const refused = new Set<SpecId>();
  for (const mark of [...batch.park.map(parkMark), ...(batch.marks ?? []), ...followed]) {
    if (!(await applyMark(disk, mark))) refused.add(mark.id);
  }
  const more = await batch.more?.({ ...step, disk: disk.edits });
  if (more?.disk !== undefined) disk.take(more.disk);
  const claims = batch.claims ?? (await batch.start(completed));
  const start = await startSilently(engine, { ...batch, claims }, completed, step, disk);
  return {
    to: { ...step, disk: disk.edits },
    owned: [],
    changes: await engine.trees.diff(from.tree, step.tree),
    // What the user's reflog says is what it would say had they merged it themselves.
    reason: landed.length > 0 ? "merge" : reasonOf(0, 0, 0),
    claims,
    landed,
    already: [],
    conflicts,
    held: [],
    unparkable: batch.park.filter(({ id }) => refused.has(id)),
    stuckMarks: [...(batch.marks ?? []), ...followed].flatMap(({ id }) =>
      refused.has(id) ? [specPath(id)] : [],
    ),
    started: start.started,
    dropped: start.dropped,
  };
}

/** Changes a spec on disk; false where it cannot be read, and is left alone. */
async function applyMark(disk: SpecDisk, { id, changes, isUnticked }: Mark): Promise<boolean> {
  const path = specPath(id);
  const file = await disk.read(path);
  if (file === undefined) return true;
  if (changes === "remove") {
    await disk.remove(path, id);
    return true;
  }
  if (file.text === undefined || isBroken(parseSpec(id, file.text))) return false;
  await disk.write(path, markedText(file.text, { changes, isUnticked }));
  return true;
}

/** Starts specs as they stand on disk: the record holds the text that the agent's worktree gets a copy of. */
async function startSilently(
  engine: Engine,
  batch: Pick<Batch, "specs" | "mayStill"> & { readonly claims: readonly RunRecord[] },
  completed: readonly SpecId[],
  step: Step,
  disk: SpecDisk,
): Promise<Pick<StartStep, "started" | "dropped">> {
  const dropped: { record: RunRecord; reason: string }[] = [];
  const started: RunRecord[] = [];
  if (batch.claims.length === 0) return { started, dropped };
  const read = await batch.specs.read();
  const world = { ...read, shown: new Map([...read.shown, ...(await takeBackStarts(disk, batch.claims))]) };
  const ready = await batch.mayStill(batch.claims, completed, world);
  for (const record of batch.claims) {
    const drop = (reason: string): number => dropped.push({ record, reason });
    if (!ready.includes(record)) {
      drop("what it depends on has not landed");
      continue;
    }
    const path = specPath(record.id);
    const file = await disk.read(path);
    const spec = file?.text === undefined ? undefined : parseSpec(record.id, file.text);
    if (file?.text === undefined || spec === undefined || isBroken(spec) || spec.status !== "pending") {
      drop(file === undefined ? "it is gone" : "it changed just now");
      continue;
    }
    // Asked once more of the very bytes that start: they may have been edited a moment ago.
    const asRead = { ...world, shown: new Map([...world.shown, [record.id, spec]]) };
    const shut =
      record.skipApproval === undefined ? whyGateShut(asRead, engine.config, record.id) : undefined;
    if (shut !== undefined) {
      drop(shut);
      continue;
    }
    const text = editFrontMatter(file.text, {
      status: "in_progress",
      attention: undefined,
      retry: undefined,
      ...approvalChange(engine, asRead, spec, record),
    });
    await disk.write(path, text);
    started.push({ ...record, base: step.commit, spec: text });
    for (const id of driversAbove(record.id, world.shown)) {
      const opened = openDriver(id, (await disk.read(specPath(id)))?.text);
      if (opened !== undefined) await disk.write(specPath(id), opened);
    }
  }
  return { started, dropped };
}

/**
 * Makes those pending again that an earlier try of the same step began to start, while somebody edited another spec.
 * Returns them as they are then.
 */
async function takeBackStarts(
  disk: SpecDisk,
  claims: readonly RunRecord[],
): Promise<ReadonlyMap<SpecId, Spec>> {
  const back = new Map<SpecId, Spec>();
  for (const { id, spec: tried } of claims) {
    const text = tried === undefined ? undefined : (await disk.read(specPath(id)))?.text;
    const begun = text === undefined ? undefined : parseSpec(id, text);
    if (text === undefined || begun === undefined || isBroken(begun) || begun.status !== "in_progress") {
      continue;
    }
    const pending = editFrontMatter(text, { status: "pending" });
    await disk.write(specPath(id), pending);
    const spec = parseSpec(id, pending);
    if (!isBroken(spec)) back.set(id, spec);
  }
  return back;
}

/** Starts nothing after all, as somebody keeps editing the specs. */
export async function giveStartsBack(engine: Engine, claims: readonly RunRecord[]): Promise<void> {
  for (const claim of claims) {
    for (let isWritten = false; !isWritten;) {
      const disk = new SpecDisk(engine.repo.home);
      await takeBackStarts(disk, [claim]);
      isWritten = await writeSpecs(engine, disk.edits);
    }
  }
}
