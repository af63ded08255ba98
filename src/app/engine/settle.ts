import type { SpecId } from "../../domain/id.ts";
import { effect } from "../../host/effects.ts";
import { isChantError } from "../../kit/errors.ts";
import {
  type HeldCheckout,
  holdCheckout,
  type Proposal,
  publish,
  type Published,
  releaseCheckout,
} from "../../git/publish.ts";
import { recoverPublish } from "../../git/recover.ts";
import { checkoutsOf } from "../../git/repository.ts";
import { storeObjects } from "../../git/objects.ts";
import { keepSnapshot } from "../../git/snapshot.ts";
import { SPEC_FOLDER } from "../../store/places.ts";
import { isStillOwn } from "./claim.ts";
import type { Engine } from "./engine.ts";
import { type Computed, type Failed, type Gated, gateLandings, type GateTest } from "./gate-landings.ts";
import { HomeFiles } from "./home-files.ts";
import { computeLandings } from "./land-batch.ts";
import { type Batch, type BatchPlan, planBatch, startStep } from "./plan-batch.ts";
import { readWholeRecord, type RunRecord, type Waits, writeRecord } from "./record.ts";
import { writeSpecs } from "./silent/disk.ts";
import { noteLanding } from "./silent/landed.ts";
import { computeSilently, giveStartsBack, planSilently } from "./silent/plan.ts";
import { type Step, stepOf } from "./step.ts";
import { checkTrusted, untrustedReason } from "./trusted-config.ts";

/** What came of it. Every run that was asked for, and is still this process's, is in exactly one list. */
export interface Settled {
  landed: { readonly record: RunRecord; readonly commit: string; readonly drivers: readonly SpecId[] }[];
  conflicts: { readonly record: RunRecord; readonly reason: string }[];
  held: { readonly record: RunRecord; readonly waits: Waits }[];
  /** Merged with the target they fail a gate. */
  failed: Failed[];
  /** They wait until the gates have run, for them or for others. */
  queued: RunRecord[];
  /** What the gates are to try next. */
  test: GateTest | undefined;
  parked: { readonly record: RunRecord; readonly isPublished: boolean }[];
  /** With `base` set, in a record that is written. */
  started: RunRecord[];
  /** Claimed, but the spec changed meanwhile. */
  dropped: { readonly record: RunRecord; readonly reason: string }[];
  /** Why the marks are not published; undefined when they are. */
  marksWait: Waits | undefined;
  userWasBusy: boolean;
}

/** How often a batch is computed again because the branch moved under it. */
const TRIES = 20;

/**
 * Lands, parks and starts in one step: computed without touching a working tree, published by one swap of the
 * branch. What something of the user's holds back is left out and named; the rest goes ahead.
 */
export function settle(engine: Engine, batch: Batch): Promise<Settled> {
  return engine.landLock.hold(() => settleOrHold(engine, batch), { waitMs: 120_000 });
}

/** What comes of nothing: the start of each. */
export const nothingYet = (): Settled => ({
  landed: [],
  conflicts: [],
  held: [],
  failed: [],
  queued: [],
  test: undefined,
  parked: [],
  started: [],
  dropped: [],
  marksWait: undefined,
  userWasBusy: false,
});

/**
 * A git that fails, as one that somebody kills or that finds no memory, holds everything back for a moment: the next
 * try finishes first what this one may have begun. Without a run that could wait it is told at once.
 */
async function settleOrHold(engine: Engine, batch: Batch): Promise<Settled> {
  try {
    return await settleLocked(engine, batch);
  } catch (error) {
    if (!isChantError(error, "GIT_FAILED") || batch.land.length + batch.park.length === 0) throw error;
    if (batch.land.length > 1) return oneByOne(engine, batch);
    const reason = error.message.trim().replace(/\.$/, "");
    // It may have landed all the same: by what was written down beforehand the next try finds that out.
    const land = await Promise.all(batch.land.map((record) => asWritten(engine, record)));
    return holdAll({ ...batch, land }, nothingYet(), { reason, files: [], isPassing: true });
  }
}

/** Git may fail at one of them alone, such as one with a file that nobody may read: the others do not wait for that. */
async function oneByOne(engine: Engine, batch: Batch): Promise<Settled> {
  const { target, specs, mayStill } = batch;
  const alone = { target, specs, mayStill, park: [], start: async () => [] };
  const parts: Settled[] = [];
  for (const record of batch.land) parts.push(await settleOrHold(engine, { ...alone, land: [record] }));
  if (batch.park.length > 0 || hasMarks(batch)) {
    parts.push(await settleOrHold(engine, { ...batch, land: [] }));
  }
  return parts.reduce(together, nothingYet());
}

const together = (all: Settled, part: Settled): Settled => ({
  landed: [...all.landed, ...part.landed],
  conflicts: [...all.conflicts, ...part.conflicts],
  held: [...all.held, ...part.held],
  failed: [...all.failed, ...part.failed],
  queued: [...all.queued, ...part.queued],
  test: all.test ?? part.test,
  parked: [...all.parked, ...part.parked],
  started: [...all.started, ...part.started],
  dropped: [...all.dropped, ...part.dropped],
  marksWait: all.marksWait ?? part.marksWait,
  userWasBusy: all.userWasBusy || part.userWasBusy,
});

async function asWritten({ places }: Engine, record: RunRecord): Promise<RunRecord> {
  const there = await readWholeRecord(places, record.id);
  return there?.run === record.run && there.finalize !== undefined
    ? { ...record, finalize: there.finalize }
    : record;
}

async function settleLocked(engine: Engine, batch: Batch): Promise<Settled> {
  const settled = nothingYet();
  const differences = await checkTrusted(engine);
  if (differences.length > 0) return untrusted(engine, batch, settled, differences);
  try {
    await recoverPublish(engine.repo);
  } catch (error) {
    if (!isChantError(error, "LANDING_WAITS")) throw error;
    return holdAll(batch, settled, { reason: error.message.replace(/\.$/, ""), files: [], isPassing: true });
  }
  // What a person took into their own hands since it was judged is theirs: this lock is held while they do.
  const isOurs = await Promise.all(
    [...batch.land, ...batch.park].map((record) => isStillOwn(engine.places, record)),
  );
  // A try that was cut off may have landed all the same: what was written down beforehand says for what to look.
  const written = await Promise.all(batch.land.map((record) => asWritten(engine, record)));
  let land: readonly RunRecord[] = written.filter((_, at) => isOurs[at]);
  let park = batch.park.filter((_, at) => isOurs[batch.land.length + at]);
  let claims: readonly RunRecord[] | undefined;
  for (let tries = 0; ; tries += 1) {
    // After a lost race the index is locked first: a user who commits all the time cannot win each of them.
    const isOnDisk = engine.repo.isSilent === true && land.length === 0;
    const held = tries === 0 || isOnDisk ? undefined : await holdCheckout(engine.repo, batch.target);
    let published: Published;
    let plan: BatchPlan;
    let from: Step;
    let home: HomeFiles | undefined;
    try {
      const tip = await engine.reader.resolve(batch.target);
      if (tip === undefined) return targetGone({ ...batch, land, park }, settled);
      from = await stepOf(engine, tip);
      const planned = await planOn(engine, { ...batch, land, park, claims }, from);
      ({ plan, home } = planned);
      settled.held.push(...planned.gated.held);
      settled.failed.push(...planned.gated.failed);
      settled.queued.push(...planned.gated.queued);
      settled.test = planned.gated.test ?? settled.test;
      claims = plan.claims.filter((record) => !plan.dropped.some((each) => each.record.id === record.id));
      for (const each of plan.already) settled.landed.push({ ...each, drivers: [] });
      settled.conflicts.push(...plan.conflicts);
      settled.dropped.push(...plan.dropped);
      settled.held.push(...plan.held);
      land = plan.landed.map(({ record, finalize }) => ({ ...record, finalize }));
      land = land.filter((record) => !plan.held.some((each) => each.record.id === record.id));
      park = park.filter((record) => !plan.unparkable.includes(record));
      for (const record of plan.unparkable) settled.parked.push({ record, isPublished: false });
      if (plan.stuckMarks.length > 0) {
        settled.marksWait = { reason: "local changes", files: plan.stuckMarks, isPassing: false };
        return settled;
      }
      // Something was left out whose file the others' commits may build on: compute without it.
      if (plan.held.length > 0 || plan.unparkable.length > 0) continue;
      if (plan.to.commit === from.commit && plan.to.disk === undefined) {
        for (const record of park) settled.parked.push({ record, isPublished: true });
        return settled;
      }
      published = await publishPlan(engine, batch.target, from.commit, plan, held);
    } finally {
      await releaseCheckout(held);
    }
    if (published.userWasBusy === true) settled.userWasBusy = true;
    if (engine.repo.isSilent === true) claims = claims.map((record) => asTried(record, plan.started));
    if (published.kind === "raced" && tries < TRIES) continue;
    if (published.kind === "done") {
      for (const { record, commit, drivers } of plan.landed) settled.landed.push({ record, commit, drivers });
      for (const record of park) settled.parked.push({ record, isPublished: true });
      settled.started.push(...plan.started);
      return settled;
    }
    const waits: Waits =
      published.kind === "raced"
        ? { reason: `${batch.target} keeps moving`, files: [], isPassing: true }
        : { reason: published.reason, files: published.files, isPassing: published.isPassing };
    const blocked = plan.landed.filter((each) => waits.files.some((file) => isBelow(each.changed, file)));
    if (blocked.length > 0) {
      for (const { record } of blocked) settled.held.push({ record, waits });
      land = land.filter((record) => !blocked.some((each) => each.record.id === record.id));
      continue;
    }
    // Not one run's files but the checkout as a whole: nothing can come forward now. Agents can start all the same.
    for (const { record } of plan.landed) settled.held.push({ record, waits });
    if (engine.repo.isSilent === true && land.length > 0) {
      // What else there is to say stands on disk, which waits for nobody.
      land = [];
      continue;
    }
    for (const record of park) settled.parked.push({ record, isPublished: false });
    if (hasMarks(batch)) settled.marksWait = waits;
    if (engine.repo.isSilent === true) {
      const reason = "the spec files keep changing";
      await giveStartsBack(engine, claims);
      settled.dropped.push(...claims.map((record) => ({ record, reason })));
      return settled;
    }
    // Nothing of this step is on the target: what was unblocked by it stays blocked.
    for (const claim of claims) {
      // A commit each: with one for all of them, the first to land would bring the others' start along, also of those
      // that came to nothing.
      const aside = await startStep(engine, { ...batch, claims: [claim], completed: [] }, from, home);
      settled.dropped.push(...aside.dropped);
      for (const record of aside.started) await writeRecord(engine.places, record);
      settled.started.push(...aside.started);
    }
    return settled;
  }
}

/** What a try that was lost may have written of a start stands in the spec's file: by its text the next try knows that. */
const asTried = (record: RunRecord, started: readonly RunRecord[]): RunRecord =>
  started.find(({ run }) => run === record.run) ?? record;

/** Plans a batch on one commit of its target, as far as the gates let it through. */
async function planOn(
  engine: Engine,
  batch: Batch & { readonly claims: readonly RunRecord[] | undefined },
  from: Step,
): Promise<{
  readonly plan: BatchPlan;
  readonly gated: Gated<Computed>;
  readonly home: HomeFiles | undefined;
}> {
  const { target, specs, land } = batch;
  if (engine.repo.isSilent === true) {
    const gated = await gateLandings(engine, target, land, from, (some) =>
      computeSilently(engine, specs, some, from),
    );
    return { gated, plan: await planSilently(engine, batch, gated.landings, from), home: undefined };
  }
  const home = await homeOf(engine, target);
  const gated = await gateLandings(engine, target, land, from, (some) =>
    computeLandings(engine, specs, some, from),
  );
  return { gated, plan: await planBatch(engine, batch, gated.landings, from, home), home };
}

/** Somebody removed the branch: what is done waits until it is there again, or a person says otherwise. */
function targetGone(batch: Batch, settled: Settled): Settled {
  const name = batch.target.replace(/^refs\/heads\//, "");
  return holdAll(batch, settled, { reason: `the branch ${name} is gone`, files: [], isPassing: false });
}

/** Tells whether a person waits for something of their own in it. */
const hasMarks = ({ marks = [], more }: Batch): boolean => marks.length > 0 || more !== undefined;

async function homeOf(engine: Engine, target: string): Promise<HomeFiles | undefined> {
  const checkout = (await checkoutsOf(engine.repo)).find((each) => each.branch === target);
  return checkout === undefined ? undefined : HomeFiles.open(engine, checkout);
}

async function publishPlan(
  engine: Engine,
  target: string,
  from: string,
  plan: BatchPlan,
  held: HeldCheckout | undefined,
): Promise<Published> {
  // Written before the swap: whoever comes after a crash finds in them what to look for on the target.
  await effect("land.record", async () => {
    for (const { record, finalize } of plan.landed) await writeRecord(engine.places, { ...record, finalize });
    for (const record of plan.started) await writeRecord(engine.places, record);
  });
  if (plan.to.disk === undefined) return publishCommits(engine, target, from, plan, held);
  for (const { record, finalize } of plan.landed) await noteLanding(engine, record, finalize);
  const published: Published =
    plan.to.commit === from
      ? { kind: "done", userWasBusy: false }
      : await publishCommits(engine, target, from, plan, held);
  if (published.kind !== "done" || (await writeSpecs(engine, plan.to.disk))) return published;
  // Somebody edited one of the specs meanwhile: what has landed is found landed by the next try.
  return { kind: "raced", userWasBusy: published.userWasBusy };
}

function publishCommits(
  engine: Engine,
  target: string,
  from: string,
  plan: BatchPlan,
  held: HeldCheckout | undefined,
): Promise<Published> {
  const proposal: Proposal = {
    ref: target,
    from,
    to: plan.to.commit,
    owned: plan.owned,
    ownedBelow: SPEC_FOLDER,
    index: engine.index,
    changes: plan.changes,
    reason: plan.reason,
    swap: (ref, to, old, reason) => engine.refs.swap(ref, to, old, reason),
    keepStaged: async (path, oid) => {
      const id = /([^/]+)\.md$/.exec(path)?.[1] ?? "home";
      const made = await engine.trees.with(plan.to.tree, new Map([[path, { mode: "100644", oid }]]));
      await keepStagedTree(engine, id, made, from, path);
    },
  };
  return publish(engine.repo, proposal, held);
}

async function keepStagedTree(
  engine: Engine,
  id: string,
  made: Awaited<ReturnType<Engine["trees"]["with"]>>,
  from: string,
  path: string,
): Promise<void> {
  await storeObjects(engine.repo, made.objects);
  const reason = `What was staged for ${path} and stood nowhere else.`;
  const ref = await keepSnapshot(
    engine.repo,
    id,
    { tree: made.oid, parents: [from], reason, since: from },
    engine.signature(),
  );
  engine.emit({
    kind: "warning",
    message: `The staged version of ${path} differed from the file; it is kept in ${ref}.`,
  });
}

/** A file in the way, or a folder of it, concerns whoever changes it or something below it. */
const isBelow = (changed: readonly string[], file: string): boolean =>
  changed.some((path) => path === file || path.startsWith(`${file}/`) || file.startsWith(`${path}/`));

/** Nothing of the batch can be published now, nor can anything start. */
function holdAll(batch: Batch, settled: Settled, waits: Waits): Settled {
  settled.held.push(...batch.land.map((record) => ({ record, waits })));
  settled.parked.push(...batch.park.map((record) => ({ record, isPublished: false })));
  if (hasMarks(batch)) settled.marksWait = waits;
  return settled;
}

/** Whom it was told to already. */
const told = new WeakSet<Engine>();

/** Nothing starts and nothing is published: git would run an agent's configuration with the user's rights. */
function untrusted(engine: Engine, batch: Batch, settled: Settled, differences: readonly string[]): Settled {
  const waits: Waits = { reason: untrustedReason(differences), files: [], isPassing: false };
  holdAll(batch, settled, waits);
  if (!hasMarks(batch) && batch.land.length === 0 && !told.has(engine)) {
    engine.emit({ kind: "warning", message: `Nothing is started: ${waits.reason}.` });
  }
  told.add(engine);
  return settled;
}
