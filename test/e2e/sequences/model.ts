import { unreachable } from "../../../src/kit/unreachable.ts";
import { isHeld, started, worked } from "./agent-run.ts";
import { afterDecision, reopened } from "./decision-rules.ts";
import type { Step } from "./step.ts";
import { afterWatch, afterWork, comesToAnEnd, isReady, underWay } from "./work-rules.ts";
import { type Files, membersOf, outFile, type Spec, specAt, withSpec, type World } from "./world.ts";

/** Tells whether a step can be taken, and the model knows what comes of it. */
export function isAllowed(world: World, step: Step): boolean {
  const { specs, branch } = world;
  const isMain = branch === "main";
  const spec = "n" in step ? specs[step.n] : undefined;
  if ("n" in step && (spec === undefined || (spec.isArchived && !isRestore(step)))) return false;
  switch (step.do) {
    case "add":
      return isMain && isAddable(world, step);
    case "edit":
      return isMain;
    case "script":
      return isMain && spec?.run === undefined && membersOf(world, step.n).length === 0;
    case "tick":
      return isMain || spec?.run !== undefined;
    case "work":
      return isMain && comesToAnEnd(world) && step.ns.every((n) => specs[n]?.isArchived === false);
    case "begin":
      return isMain && isReady(world, step.n) && spec?.agent === "held" && underWay(world).length === 0;
    case "release":
      return spec?.agent === "held" && !world.released.includes(step.n);
    case "unblock":
      return world.disk[outFile(step.n)] === "mine\n" && world.index[outFile(step.n)] === undefined;
    case "solve":
      return spec?.run?.phase === "parked" && spec.status === "needs_attention";
    case "watch":
      return comesToAnEnd(world) && specs.every(({ run }) => run?.phase !== "due");
    case "cleanup":
    case "write":
    case "modify":
    case "stage":
    case "commit":
    case "switch":
      return true;
    case "decide":
      return spec !== undefined && isDecidable(world, step, spec);
    default:
      return unreachable(step);
  }
}

const isRestore = (step: Step): boolean => step.do === "decide" && step.what === "restore";

function isAddable({ specs }: World, { after, driver, agent, isByHand }: Step & { do: "add" }): boolean {
  if (after !== undefined && (specs[after] === undefined || specs[after].isArchived)) return false;
  if (driver === undefined) return true;
  const above = specs[driver];
  if (above === undefined || above.isArchived || driver === after) return false;
  // A spec that is worked itself gets no members, and these have no members of their own here.
  const isFree = above.run === undefined && above.driver === undefined && above.gate === "none";
  const isOpen = above.status === "completed" ? above.isAuto : ["pending", "failed"].includes(above.status);
  // What is written by hand opens no driver.
  return isFree && isOpen && agent !== "held" && (isByHand !== true || above.status === "pending");
}

function isDecidable(world: World, { what, n }: Step & { do: "decide" }, spec: Spec): boolean {
  const { agent, run } = spec;
  const isDriver = membersOf(world, n).length > 0;
  if (isDriver && !["cancel", "restore", "archive"].includes(what)) return false;
  // With a driver its members are archived, too.
  const archived = [spec, ...membersOf(world, n).map((each) => specAt(world, each))];
  if (what === "archive" && archived.some(({ edited }) => edited === "maybe")) return false;
  if (what === "rework" && isHeld(world, n, spec)) return false;
  if ((what === "resume" || what === "rework") && run?.phase === "held") return false;
  if (world.branch === "main") return true;
  // Elsewhere only what its run knows is the same.
  const isOfRun = ["pause", "resume", "rework", "finalize", "force", "merge"].includes(what);
  return isOfRun && run !== undefined && agent !== "clash" && agent !== "block";
}

/** What a step comes to, and the exit status of the command where it is one. */
export interface Expected {
  readonly world: World;
  readonly exit?: number;
}

/** @param happened whether git let the user switch */
export function expected(world: World, step: Step, happened = true): Expected {
  const after = expectedIn(world, step, happened);
  if (!world.isSilent) return after;
  // No commit has them, so none of them can differ from it.
  const specs = after.world.specs.map((spec): Spec => ({ ...spec, isKnown: false, edited: "no" }));
  return { ...after, world: { ...after.world, specs } };
}

function expectedIn(world: World, step: Step, happened: boolean): Expected {
  switch (step.do) {
    case "add":
      return added(world, step);
    case "edit": {
      const { words, gate } = specAt(world, step.n);
      const shut = gate === "approved" ? "shut" : gate;
      const more = [...words, wordOf(world)];
      return counted(withSpec(world, step.n, { words: more, gate: shut, edited: "yes" }));
    }
    case "script": {
      const { gate, agent, edited } = specAt(world, step.n);
      if (agent === step.agent) return { world };
      const shut = gate === "approved" ? "shut" : gate;
      return {
        world: withSpec(world, step.n, {
          agent: step.agent,
          gate: shut,
          edited: edited === "yes" ? "yes" : "maybe",
        }),
      };
    }
    case "tick":
      return { world: ticked(world, step.n, step.box), exit: 0 };
    case "work":
      return afterWork(world, step.ns);
    case "begin": {
      const next = started(world, step.n);
      if (!isHeld(world, step.n, specAt(world, step.n))) return { world: worked(next, step.n), exit: 0 };
      const { run } = specAt(next, step.n);
      return {
        world: run === undefined ? next : withSpec(next, step.n, { run: { ...run, phase: "held" } }),
        exit: 0,
      };
    }
    case "release":
      return { world: released(world, step.n) };
    case "unblock":
      return { world: { ...world, disk: { ...world.disk, [outFile(step.n)]: undefined } } };
    case "solve": {
      const { run } = specAt(world, step.n);
      if (run === undefined) return { world };
      const { main } = world.trees;
      const kept = Object.keys(run.files).filter((path) => main[path] !== run.base[path]);
      const files = { ...run.files, ...Object.fromEntries(kept.map((path) => [path, run.files[path]])) };
      return { world: withSpec(world, step.n, { run: { ...run, files, base: main, hasCommit: true } }) };
    }
    case "watch":
      return afterWatch(world);
    case "cleanup":
      return { world, exit: 0 };
    case "write":
      return counted({ ...world, disk: { ...world.disk, [`user-${world.count}.txt`]: `${world.count}\n` } });
    case "modify": {
      const notes = `${world.disk["notes.txt"]}line ${world.count}\n`;
      return counted({ ...world, disk: { ...world.disk, "notes.txt": notes } });
    }
    case "stage":
      return { world: { ...world, index: { ...world.disk } } };
    case "commit":
      return committed(world);
    case "switch":
      return { world: happened ? switched(world) : world };
    case "decide":
      return afterDecision(world, step.what, step.n);
    default:
      return unreachable(step);
  }
}

/** The line of prose that the next edit adds. */
export const wordOf = ({ count }: World): string => `Word ${count}.`;

const counted = (world: World): Expected => ({ world: { ...world, count: world.count + 1 } });

function added(world: World, step: Step & { do: "add" }): Expected {
  const { agent, after, driver, isGated, isByHand } = step;
  const spec: Spec = {
    agent,
    status: "pending",
    ...(after === undefined ? {} : { after }),
    ...(driver === undefined ? {} : { driver }),
    gate: isGated === true ? "shut" : "none",
    words: [],
    boxes: [false, false],
    edited: "yes",
    isKnown: false,
    isArchived: false,
    isAuto: false,
    landings: 0,
  };
  const next = { ...world, specs: [...world.specs, spec] };
  return { world: reopened(next, world.specs.length), ...(isByHand === true ? {} : { exit: 0 }) };
}

function ticked(world: World, n: number, box: 1 | 2): World {
  const spec = specAt(world, n);
  const tick = ([one, two]: readonly [boolean, boolean]): readonly [boolean, boolean] => [
    one || box === 1,
    two || box === 2,
  ];
  if (spec.run !== undefined) {
    return withSpec(world, n, { run: { ...spec.run, boxes: tick(spec.run.boxes) } });
  }
  const boxes = tick(spec.boxes);
  const isSame = boxes.every((each, at) => each === spec.boxes[at]);
  return isSame ? world : withSpec(world, n, { boxes, edited: "yes" });
}

function released(world: World, n: number): World {
  const next: World = { ...world, released: [...world.released, n] };
  if (specAt(world, n).run?.phase !== "held") return next;
  return worked(next, n);
}

/** On main all there is, specs too; on side what is the user's alone. */
function committed(world: World): Expected {
  const { branch, disk } = world;
  const subjects = [...world.commits[branch], `User ${world.count}`];
  const specs = world.specs.map((spec): Spec =>
    branch === "main" ? { ...spec, isKnown: true, edited: "no" } : spec,
  );
  return counted({
    ...world,
    specs,
    index: { ...disk },
    trees: { ...world.trees, [branch]: { ...disk } },
    commits: { ...world.commits, [branch]: subjects },
  });
}

/** What is as committed becomes what the other branch has; what the user changed stays. */
function switched(world: World): World {
  const to = world.branch === "main" ? "side" : "main";
  if (!world.hasSide) {
    return { ...world, branch: to, hasSide: true, trees: { ...world.trees, side: world.trees.main } };
  }
  const [from, next] = [world.trees[world.branch], world.trees[to]];
  const index: Record<string, string | undefined> = { ...world.index };
  const disk: Record<string, string | undefined> = { ...world.disk };
  for (const path of new Set([...Object.keys(from), ...Object.keys(next)])) {
    if (index[path] === from[path] && disk[path] === from[path]) {
      index[path] = next[path];
      disk[path] = next[path];
    }
  }
  return { ...world, branch: to, index: index satisfies Files, disk };
}
