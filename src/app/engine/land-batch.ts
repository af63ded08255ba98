import type { SpecId } from "../../domain/id.ts";
import { completeDriverMark, type Mark } from "../../domain/mark.ts";
import { readablePath } from "../../git/tree.ts";
import { computeLanding, orConflict } from "./compute.ts";
import type { Engine } from "./engine.ts";
import type { RunRecord } from "./record.ts";
import type { Step } from "./step.ts";
import type { SpecReader } from "./world.ts";

/** How some runs land one after the other, computed on one commit of their target: nothing of it is visible yet. */
export interface Landings {
  /** After the last one. */
  readonly step: Step;
  readonly landed: readonly {
    readonly record: RunRecord;
    readonly finalize: string;
    readonly commit: string;
    /** The target with this one and those before it merged. */
    readonly step: Step;
    readonly drivers: readonly SpecId[];
    readonly changed: readonly string[];
  }[];
  readonly already: readonly { readonly record: RunRecord; readonly commit: string }[];
  readonly conflicts: readonly { readonly record: RunRecord; readonly reason: string }[];
  /** What all of them complete. */
  readonly completed: readonly SpecId[];
  /** For drivers that they complete, and that the target does not know yet. */
  readonly marks: readonly Mark[];
}

export async function computeLandings(
  engine: Engine,
  specs: SpecReader,
  land: readonly RunRecord[],
  from: Step,
): Promise<Landings> {
  const world = await specs.read();
  const landed: Landings["landed"][number][] = [];
  const already: Landings["already"][number][] = [];
  const conflicts: Landings["conflicts"][number][] = [];
  const completed: SpecId[] = [];
  const marks: Mark[] = [];
  let step = from;
  for (const record of land) {
    const landing = await orConflict(computeLanding(engine, world, completed, step, record));
    if (landing.kind === "conflict") {
      conflicts.push({ record, reason: landing.reason });
    } else if (landing.kind === "landed_already") {
      already.push({ record, commit: record.finalize ?? step.commit });
      completed.push(record.id);
    } else {
      const { finalize, drivers, unknown, changed } = landing;
      step = landing.step;
      const { commit } = step;
      landed.push({ record, finalize, drivers, commit, step, changed: changed.map(readablePath) });
      completed.push(record.id, ...drivers);
      marks.push(...unknown.map((driver) => completeDriverMark(driver, engine.clock.nowMs())));
    }
  }
  return { step, landed, already, conflicts, completed, marks };
}
