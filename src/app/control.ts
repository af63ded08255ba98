import { join } from "node:path";
import type { SpecId } from "../domain/id.ts";
import type { Mark } from "../domain/mark.ts";
import { type BrokenSpec, isBroken, type Spec } from "../domain/spec.ts";
import { ChantError } from "../kit/errors.ts";
import { effect } from "../host/effects.ts";
import { writePlain } from "../host/files.ts";
import { goneIdentity, isAlive, ownIdentity } from "../host/identity.ts";
import { branchOfHead } from "../git/repository.ts";
import { launchState } from "./engine/begin.ts";
import { isOwn, isStillOwn } from "./engine/claim.ts";
import { isForPerson } from "./engine/held.ts";
import { requireKeepable } from "./engine/keep.ts";
import { publishMarks } from "./engine/mark.ts";
import type { Engine } from "./engine/engine.ts";
import { isForeign } from "./engine/foreign.ts";
import { readRecord, type RunRecord, type Waits, writeRecord } from "./engine/record.ts";
import { retire } from "./engine/retire.ts";
import type { Session } from "./engine/session.ts";
import { removeSpecLock, writeSpecLock } from "./engine/spec-lock.ts";
import { stopRun } from "./engine/stop.ts";
import { recoverTrusted } from "./engine/trusted-config.ts";

/** What the commands of a person share: whose run it is, which branch, and what to say when something is in the way. */

/**
 * Makes this process the owner of a run that a person decides about, with some facts changed. A run that another
 * process carries at this moment is refused.
 * @throws ChantError SPEC_BUSY
 */
export async function seizeRun(
  { engine }: Session,
  id: SpecId,
  change: (record: RunRecord) => RunRecord | Promise<RunRecord>,
): Promise<RunRecord | undefined> {
  return engine.kernelLock.hold(async () => {
    const record = await readRecord(engine.places, id);
    if (record === undefined) return undefined;
    const isFree = isOwn(record) || !isAlive(record.owner) || isForPerson(record);
    if (!isFree) {
      throw new ChantError(
        "SPEC_BUSY",
        `${id} is in the hands of process ${record.owner.pid} on ${record.owner.host}.`,
        {
          hint: isForeign(record.owner)
            ? `If that machine or container is gone: chant unlock ${id}`
            : `Look at it with: chant why ${id}`,
        },
      );
    }
    return makeOwn(engine, record, change);
  });
}

/**
 * Makes this process the owner of a run, whoever carries it: that one finds the record in other hands and lets go. While
 * something lands this waits, so that what it finds has either landed or will not. `change` may refuse.
 */
export async function takeRun(
  { engine }: Session,
  id: SpecId,
  change: (record: RunRecord) => RunRecord | Promise<RunRecord>,
): Promise<RunRecord | undefined> {
  const take = async (): Promise<RunRecord | undefined> => {
    // A landing that was cut off in the middle is finished first.
    await recoverTrusted(engine);
    return engine.kernelLock.hold(async () => {
      const record = await readRecord(engine.places, id);
      return record === undefined ? undefined : makeOwn(engine, record, change);
    });
  };
  return engine.landLock.hold(take, { waitMs: LAND_LOCK_WAIT_MS });
}

/** Takes back what was decided about a run that is this process's: it is as it was found, and in nobody's hands. */
export async function giveBack({ engine }: Session, found: RunRecord): Promise<void> {
  const { kernelLock, places } = engine;
  await kernelLock.hold(async () => {
    if (!(await isStillOwn(places, found))) return;
    await effect("claim.record", () => writeRecord(places, { ...found, owner: goneIdentity(found.owner) }));
    await removeSpecLock(places, found.id);
  });
}

/**
 * Lets go of runs that go on without this process, and wakes whoever may take them over: a watch does at once, instead
 * of with its next look. One that is not handed on is taken over all the same once this process has ended.
 */
export async function handOn({ engine }: Session, ids: readonly SpecId[]): Promise<void> {
  const { kernelLock, places } = engine;
  for (const id of ids) {
    const isLeft = await kernelLock.hold(async () => {
      const record = await readRecord(places, id);
      if (record === undefined || !isOwn(record)) return false;
      await effect("claim.record", () =>
        writeRecord(places, { ...record, owner: goneIdentity(record.owner) }),
      );
      return true;
    });
    if (isLeft) await writePlain(join(places.inbox, id), "");
  }
}

/**
 * Brings a landing that was cut off to its end, so that what is read afterwards is how things stand, and a command that
 * is repeated after a kill does not find its work half done and takes it for done.
 */
export const finishLanding = ({ engine }: Session): Promise<void> =>
  engine.landLock.hold(() => recoverTrusted(engine), { waitMs: LAND_LOCK_WAIT_MS });

/** How long to wait for others that land, in milliseconds. */
const LAND_LOCK_WAIT_MS = 120_000;

async function makeOwn(
  { places }: Engine,
  record: RunRecord,
  change: (record: RunRecord) => RunRecord | Promise<RunRecord>,
): Promise<RunRecord> {
  const mine = await change({ ...record, owner: ownIdentity() });
  await effect("claim.record", () => writeRecord(places, mine));
  if (mine.phase !== "parked") await writeSpecLock(places, mine);
  return mine;
}

/**
 * Gives up the run of a spec, if there is one, and puts what the spec becomes onto its target. The record says so
 * before anything else happens, so that whoever comes after a crash goes on.
 * @throws ChantError SPEC_BUSY, WORKTREE_FAILED, LANDING_WAITS
 */
export async function giveUp(
  session: Session,
  { id, target, marks }: { readonly id: SpecId; readonly target: string; readonly marks: readonly Mark[] },
): Promise<void> {
  const { engine } = session;
  const there = await readRecord(engine.places, id);
  if (there?.phase === "parked") await requireKeepable(engine, there);
  const record = await seizeRun(session, id, (found) => ({ ...found, phase: "retiring", retire: marks }));
  const specs = session.specsOf(target);
  const waits =
    record === undefined
      ? await publishMarks(engine, target, specs, marks)
      : await retire(engine, record, specs);
  requireGivenUp([id], record === undefined ? [] : [record], waits);
}

/**
 * Gives up the runs of some specs, whoever carries them, and puts what the specs become onto their target in one step:
 * as one commit where there is a `message`, else as one each.
 * @throws ChantError SPEC_BUSY, WORKTREE_FAILED, LANDING_WAITS
 */
export async function giveUpAll(
  session: Session,
  target: string,
  marks: readonly Mark[],
  message: string | undefined,
): Promise<void> {
  const { engine } = session;
  const specs = session.specsOf(target);
  for (const { id } of marks) {
    const there = await readRecord(engine.places, id);
    if (there?.phase === "parked") await requireKeepable(engine, there);
  }
  const records: RunRecord[] = [];
  for (const mark of marks) {
    // Whoever carries it finds the record in other hands and lets go.
    const record = await takeRun(session, mark.id, (found) => ({
      ...found,
      phase: "retiring",
      retire: [mark],
    }));
    if (record !== undefined) records.push(record);
  }
  // Nothing is reported as stopped before it is; all at once, as an agent that does not listen takes some seconds.
  await Promise.all(records.map((record) => stopRun(engine, record)));
  for (const record of records) await requireKeepable(engine, record);
  const ids = marks.map(({ id }) => id);
  requireGivenUp(ids, records, await publishMarks(engine, target, specs, marks, message));
  for (const record of records) requireGivenUp([record.id], [record], await retire(engine, record, specs));
}

/**
 * The records of runs say by now that they are given up, and their agents have been stopped.
 * @throws ChantError LANDING_WAITS, naming what is in the way
 */
function requireGivenUp(
  ids: readonly SpecId[],
  records: readonly RunRecord[],
  waits: Waits | undefined,
): void {
  if (waits === undefined || records.length === 0) return requirePublished(ids.join(", "), waits);
  const runs = records.map(({ id }) => id).join(", ");
  const message = `${runs} ${records.length === 1 ? "is" : "are"} given up, which cannot be written yet: ${waitsText(waits)}.`;
  throw new ChantError("LANDING_WAITS", message, {
    hint: "Commit or put away what is in the way, then do the same again. Else a watch finishes it then.",
  });
}

/**
 * Returns the run when there is something of it to go on with.
 * @throws ChantError STATUS_MOVE_REFUSED before its start is on the target, and once it was given up
 */
export function requireBegun(record: RunRecord): RunRecord {
  const { id, phase } = record;
  if (phase !== "claimed" && phase !== "retiring") return record;
  const what = phase === "claimed" ? "has not begun yet" : "was given up and is being cleared away";
  throw new ChantError("STATUS_MOVE_REFUSED", `The run of ${id} ${what}.`, {
    hint: `See where it stands: chant why ${id}. Nothing was changed.`,
  });
}

/**
 * Refuses while a runner is at work on a run, as one is whose coordinator was killed: it would judge beside the next one,
 * and make its branch anew once the run is over. A launch that no runner has taken is nobody's from now on.
 * @throws ChantError SPEC_BUSY
 */
export async function requireIdle({ engine }: Session, record: RunRecord): Promise<RunRecord> {
  const { id, phase } = record;
  const isStopped = phase !== "running" && phase !== "pausing";
  if (isStopped || record.launch === 0) return record;
  const { kind } = await launchState(engine, record, Infinity);
  if (kind !== "running") return record;
  throw new ChantError("SPEC_BUSY", `${id} is being worked on.`, {
    hint: `Let it come to its end: chant work ${id}. Or stop it first: chant pause ${id}. Nothing was changed.`,
  });
}

/** The branch that a decision about a spec without a run concerns: the one that home is on. */
export async function homeTarget({ engine }: Session): Promise<string> {
  const branch = await branchOfHead(engine.repo.gitDir);
  if (branch !== undefined) return branch;
  throw new ChantError("DETACHED_HEAD", "HEAD is not on a branch, so there is nothing to write this on.", {
    hint: "Switch to a branch first, for example: git switch main. Nothing was changed.",
  });
}

/**
 * Returns a spec as a person sees it on a target.
 * @throws ChantError SPEC_UNKNOWN, SPEC_BROKEN
 */
export async function requireSpec({ specsOf }: Session, target: string, id: SpecId): Promise<Spec> {
  const world = await specsOf(target).read();
  const spec: Spec | BrokenSpec | undefined = world.shown.get(id) ?? world.onTarget.get(id);
  if (spec === undefined) {
    throw new ChantError("SPEC_UNKNOWN", `There is no spec ${id} on ${shortName(target)}.`);
  }
  if (!isBroken(spec)) return spec;
  throw new ChantError(
    "SPEC_BROKEN",
    `${id} cannot be read: line ${spec.line}, column ${spec.column}: ${spec.message}`,
    {
      hint: `Mend .chant/specs/${id}.md, then try again. Nothing was changed.`,
    },
  );
}

/** @throws ChantError LANDING_WAITS, naming what is in the way */
export function requirePublished(id: SpecId, waits: Waits | undefined): void {
  if (waits === undefined) return;
  throw new ChantError("LANDING_WAITS", `${id} was left as it is: ${waitsText(waits)}.`, {
    hint: "Commit or put away what is in the way, then try again.",
  });
}

const waitsText = ({ reason, files }: Waits): string =>
  files.length === 0 ? reason : `${reason} in ${files.join(", ")}`;

const shortName = (ref: string): string => ref.replace(/^refs\/heads\//, "");
