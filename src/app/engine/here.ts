import { finalizeMark } from "../../domain/mark.ts";
import type { SpecId } from "../../domain/id.ts";
import { type BrokenSpec, isBroken, type Spec } from "../../domain/spec.ts";
import { branchOfHead } from "../../git/repository.ts";
import type { Places } from "../../store/places.ts";
import { publishMarks } from "./mark.ts";
import { readRecords } from "./record.ts";
import type { Session } from "./session.ts";
import type { SpecReader } from "./world.ts";

/**
 * Finalizes what is worked on in the checkout itself, without a run: a spec that a person set in progress, with every
 * criterion ticked and committed. Such a spec is never called dead, whatever its age. Returns whether there was one.
 */
export async function finalizeTicked(session: Session): Promise<boolean> {
  const { engine, specsOf } = session;
  const target = await branchOfHead(engine.repo.gitDir);
  if (target === undefined) return false;
  let isDone = false;
  for (const id of await tickedHere(specsOf(target), engine.places)) {
    isDone = (await finalizeOne(session, target, id)) || isDone;
  }
  return isDone;
}

/** Returns the specs without a run that are in progress, ticked and committed as they stand on disk. */
export async function tickedHere(specs: SpecReader, places: Places): Promise<readonly SpecId[]> {
  // Asked at every tick of a watch: the target alone says of nearly all specs that they are none of these.
  const ticked = [...(await specs.onTarget()).values()].filter(isTicked);
  if (ticked.length === 0) return [];
  const [records, { shown }] = await Promise.all([readRecords(places), specs.read()]);
  return ticked.flatMap(({ id, text }) => {
    const onDisk = shown.get(id);
    if (onDisk === undefined || isBroken(onDisk) || records.has(id)) return [];
    return text === onDisk.text.replaceAll("\r\n", "\n") ? [id] : [];
  });
}

const isTicked = (spec: Spec | BrokenSpec): spec is Spec =>
  !isBroken(spec) &&
  spec.status === "in_progress" &&
  spec.criteria.length > 0 &&
  // Checks are run when its person finalizes it, rather than each time somebody looks.
  spec.criteria.every((criterion) => criterion.ticked && criterion.check === undefined);

async function finalizeOne({ engine, specsOf }: Session, target: string, id: SpecId): Promise<boolean> {
  engine.emit({ kind: "finalizing", id });
  const mark = finalizeMark(id, engine.clock.nowMs());
  const waits = await publishMarks(engine, target, specsOf(target), [mark]);
  if (waits !== undefined) {
    engine.emit({ kind: "waiting", id, reason: waits.reason, files: waits.files });
    return false;
  }
  const commit = (await engine.reader.resolve(target)) ?? "";
  engine.emit({ kind: "landed", id, target: target.replace(/^refs\/heads\//, ""), commit, isMerge: false });
  return true;
}
