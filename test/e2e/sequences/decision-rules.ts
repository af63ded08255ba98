import { step as moved } from "../../../src/domain/status.ts";
import { unreachable } from "../../../src/kit/unreachable.ts";
import { type Became, judged, landed, parked, withDriver } from "./agent-run.ts";
import type { Decision } from "./step.ts";
import { carried } from "./work-rules.ts";
import { membersOf, type Run, type Spec, specAt, withoutRun, withSpec, type World } from "./world.ts";

export interface After {
  readonly world: World;
  readonly exit: number;
}

const CLOSED: readonly [boolean, boolean] = [false, false];
const exitOf = ({ world, end }: Became): After => ({
  world,
  exit: end === "landed" ? 0 : end === "parked" ? 1 : 75,
});

/** What a command about one spec comes to. */
export function afterDecision(world: World, decision: Decision, n: number): After {
  const spec = specAt(world, n);
  const refused: After = { world, exit: 1 };
  const becomes = (changes: Partial<Spec>): After => ({ world: withSpec(world, n, changes), exit: 0 });
  // What is decided about a spec as it stands on disk is committed as it stands there.
  const asOnDisk = { isKnown: true, edited: "no" } as const;
  switch (decision) {
    case "pause":
      return afterPause(world, n, spec) ?? refused;
    case "resume":
      return afterResume(world, n, spec) ?? refused;
    case "rework": {
      const resumed = afterResume(world, n, spec);
      if (resumed === undefined) return refused;
      return specAt(resumed.world, n).run === undefined
        ? resumed
        : exitOf(carried(resumed.world, n, "failed"));
    }
    case "reset": {
      if (spec.status !== "pending" && moved(spec.status, "reset") === undefined) return refused;
      const next = withoutRun(world, n, {
        status: "pending",
        boxes: CLOSED,
        isKnown: true,
        edited: maybe(spec),
      });
      return { world: reopened(next, n), exit: 0 };
    }
    case "cancel": {
      if (spec.status === "cancelled") return refused;
      const wasCompleted = spec.status === "completed";
      const next = withoutRun(world, n, { status: "cancelled", isKnown: true, wasCompleted });
      // The last open member may be called off as well as completed.
      return { world: withDriver(next, n), exit: 0 };
    }
    case "restore":
      return afterRestore(world, n, spec) ?? refused;
    case "approve":
      if (spec.status !== "pending" || spec.gate === "none") return refused;
      return becomes({ ...asOnDisk, gate: "approved" });
    case "reject":
      return spec.status === "pending" ? becomes({ ...asOnDisk, gate: "rejected" }) : refused;
    case "start": {
      if (spec.run !== undefined && spec.run.phase !== "parked") return { world, exit: 75 };
      const isShut = spec.gate === "shut" || spec.gate === "rejected";
      if (spec.status !== "pending" || isShut) return refused;
      return becomes({ ...asOnDisk, status: "in_progress" });
    }
    case "finalize":
    case "force":
      return afterFinalize(world, n, spec, decision === "force") ?? refused;
    case "merge":
      return spec.run === undefined ? refused : (afterFinalize(world, n, spec, false) ?? refused);
    case "archive":
      return afterArchive(world, n, spec) ?? refused;
    default:
      return unreachable(decision);
  }
}

const maybe = ({ edited }: Spec): Spec["edited"] => (edited === "no" ? "no" : "maybe");

/** A member that is open opens what it had completed. */
export function reopened(world: World, n: number): World {
  const { driver } = specAt(world, n);
  if (driver === undefined) return world;
  const { status, isAuto } = specAt(world, driver);
  return status === "completed" && isAuto
    ? withSpec(world, driver, { status: "pending", isAuto: false })
    : world;
}

function afterPause(world: World, n: number, { status, run }: Spec): After | undefined {
  if (run === undefined) {
    return status === "in_progress"
      ? { world: withSpec(world, n, { status: "paused" }), exit: 0 }
      : undefined;
  }
  if (run.phase === "parked") return undefined;
  return { world: parked(world, n, "paused", run.phase), exit: 0 };
}

function afterResume(world: World, n: number, { status, run }: Spec): After | undefined {
  if (run === undefined) {
    return status === "paused"
      ? { world: withSpec(world, n, { status: "in_progress" }), exit: 0 }
      : undefined;
  }
  if (run.phase === "waits") return undefined;
  if (run.phase !== "parked") return { world, exit: 0 };
  const { pausedFrom, ...rest } = run;
  const phase: Run["phase"] = pausedFrom === "ended" || pausedFrom === "waits" ? pausedFrom : "due";
  return { world: withSpec(world, n, { status: "in_progress", run: { ...rest, phase } }), exit: 0 };
}

function afterRestore(world: World, n: number, spec: Spec): After | undefined {
  if (spec.isArchived) {
    const group = groupOf(world, n);
    let next = world;
    for (const each of group) next = withSpec(next, each, { isArchived: false });
    return { world: next, exit: 0 };
  }
  if (spec.status !== "cancelled") return undefined;
  const emptied = spec.wasCompleted === true ? { boxes: CLOSED, edited: maybe(spec) } : {};
  return { world: reopened(withSpec(world, n, { status: "pending", ...emptied }), n), exit: 0 };
}

function afterFinalize(world: World, n: number, spec: Spec, isForced: boolean): After | undefined {
  const { run, status, boxes } = spec;
  if (run?.phase === "held") return { world, exit: 75 };
  if (run?.phase === "waits") return exitOf(landed(world, n));
  if (run !== undefined) return exitOf(judged(world, n, { byHand: true, isForced }));
  if (moved(status, "finalize") === undefined) return undefined;
  if (!isForced && !(boxes[0] && boxes[1])) return undefined;
  const changes = { status: "completed", isKnown: true, edited: "no", isAuto: false } as const;
  return { world: withDriver(withSpec(world, n, changes), n), exit: 0 };
}

const groupOf = (world: World, n: number): readonly number[] => {
  const top = specAt(world, n).driver ?? n;
  return [top, ...membersOf(world, top)];
};

function afterArchive(world: World, n: number, { status, driver }: Spec): After | undefined {
  if (driver !== undefined || status !== "completed") return undefined;
  const group = groupOf(world, n);
  const isOver = (each: number): boolean => ["completed", "cancelled"].includes(specAt(world, each).status);
  const isNeeded = world.specs.some(
    ({ after, isArchived }, each) =>
      after !== undefined && group.includes(after) && !group.includes(each) && !isOver(each) && !isArchived,
  );
  const isEdited = group.some((each) => specAt(world, each).edited === "yes");
  if (!group.every(isOver) || isNeeded || isEdited) return undefined;
  let next = world;
  for (const each of group) next = withSpec(next, each, { isArchived: true });
  return { world: next, exit: 0 };
}
