import { unreachable } from "../../../src/kit/unreachable.ts";
import {
  FIRST_NOTES,
  type Files,
  NOTES,
  membersOf,
  outFile,
  type Run,
  type Spec,
  specAt,
  withoutRun,
  withSpec,
  type World,
} from "./world.ts";

/** What a run becomes, and the world with it; `end` is what a command tells of it. */
export interface Became {
  readonly world: World;
  readonly end: "landed" | "parked" | "waits";
}

const BOTH: readonly [boolean, boolean] = [true, true];

/** The start commit holds the whole group as it stands on disk. */
export function started(world: World, n: number): World {
  const { driver } = specAt(world, n);
  const group = driver === undefined ? [n] : [driver, ...membersOf(world, driver)];
  let next = world;
  for (const each of group) next = withSpec(next, each, { isKnown: true, edited: "no" });
  const run: Run = {
    phase: "due",
    boxes: specAt(world, n).boxes,
    hasCommit: false,
    isGoodEnd: false,
    files: {},
    base: world.trees.main,
  };
  return withSpec(next, n, { status: "in_progress", run });
}

/** Puts what an agent or a landing writes onto a branch, and into the checkout where that is on it. */
function written(world: World, branch: "main" | "side", files: Files): World {
  const trees = { ...world.trees, [branch]: { ...world.trees[branch], ...files } };
  if (world.branch !== branch) return { ...world, trees };
  return { ...world, trees, index: { ...world.index, ...files }, disk: { ...world.disk, ...files } };
}

const runOf = ({ run }: Spec): Run => {
  if (run === undefined) throw new Error("there is no run");
  return run;
};

/** Whether an agent would wait for good. */
export const isHeld = ({ released }: World, n: number, { agent }: Spec): boolean =>
  agent === "held" && !released.includes(n);

/** Its agent works, and ends. */
export function worked(world: World, n: number): World {
  const spec = specAt(world, n);
  const run = runOf(spec);
  const path = outFile(n);
  const add = (line: string): Files => ({
    ...run.files,
    [path]: (run.files[path] ?? run.base[path] ?? "") + line,
  });
  const ends = (next: World, changes: Partial<Run>): World =>
    withSpec(next, n, { run: { ...run, phase: "ended", ...changes } });
  const done: Partial<Run> = { boxes: BOTH, hasCommit: true, isGoodEnd: true, files: add("done\n") };
  switch (spec.agent) {
    case "good":
    case "lazy":
    case "held":
      return ends(world, done);
    case "flaky":
      return world.flaked.includes(n)
        ? ends(world, done)
        : ends({ ...world, flaked: [...world.flaked, n] }, { isGoodEnd: false });
    case "fails":
      return ends(world, { isGoodEnd: false, files: add("half\n") });
    case "open":
      return ends(world, { ...done, boxes: [true, run.boxes[1]] });
    case "block": {
      const isThere = world.disk[path] !== undefined;
      return ends(isThere ? world : { ...world, disk: { ...world.disk, [path]: "mine\n" } }, done);
    }
    case "notes": {
      const own = `agent ${n}\n${run.files[NOTES] ?? run.base[NOTES]}`;
      return ends(world, { ...done, files: { ...run.files, [NOTES]: own } });
    }
    case "clash": {
      const shared = "shared.txt";
      const own = `${run.files[shared] ?? run.base[shared]}agent ${n}\n`;
      const next = written(world, "main", { [shared]: `${world.trees.main[shared]}user\n` });
      const commits = { ...world.commits, main: [...world.commits.main, "Clash"] };
      return ends({ ...next, commits }, { ...done, files: { ...run.files, [shared]: own } });
    }
    default:
      return unreachable(spec.agent);
  }
}

/** What is judged by what the worktree holds, and lands where nothing is missing. */
export function judged(
  world: World,
  n: number,
  how: {
    readonly byHand?: boolean;
    readonly isForced?: boolean;
    readonly bad?: "failed" | "needs_attention";
  },
): Became {
  const run = runOf(specAt(world, n));
  const isGoodEnd = run.isGoodEnd || how.byHand === true;
  const isTicked = (run.boxes[0] && run.boxes[1]) || how.isForced === true;
  const hasWork = run.hasCommit || Object.keys(run.files).length > 0;
  if (isGoodEnd && isTicked && hasWork) {
    const next = withSpec(world, n, { run: { ...run, hasCommit: true } });
    return landed(next, n);
  }
  return { world: parked(world, n, how.bad ?? "failed"), end: "parked" };
}

export const parked = (
  world: World,
  n: number,
  status: "failed" | "needs_attention" | "paused",
  from?: NonNullable<Run["pausedFrom"]>,
): World => {
  const { pausedFrom: _from, ...run } = runOf(specAt(world, n));
  const pausedFrom = from === undefined ? {} : { pausedFrom: from };
  return withSpec(world, n, { status, run: { ...run, ...pausedFrom, phase: "parked" } });
};

/** What is done lands, waits for the user's own files, or conflicts with what has landed meanwhile. */
export function landed(world: World, n: number): Became {
  const spec = specAt(world, n);
  const { files, base, boxes, ...run } = runOf(spec);
  const { main } = world.trees;
  const paths = Object.keys(files);
  const merged = Object.fromEntries(paths.map((path) => [path, mergedFile(path, base, main, files)]));
  if (paths.some((path) => merged[path] === undefined)) {
    return { world: parked(world, n, "needs_attention"), end: "parked" };
  }
  const isTheUsers = (path: string): boolean =>
    world.disk[path] !== main[path] || world.index[path] !== main[path];
  if (world.branch === "main" && paths.some(isTheUsers)) {
    const waits: Run = { ...run, files, base, boxes, phase: "waits" };
    return { world: withSpec(world, n, { run: waits, status: "in_progress" }), end: "waits" };
  }
  const next = written(world, "main", merged);
  const { landings } = spec;
  const gone = withoutRun(next, n, { status: "completed", boxes, landings: landings + 1, isAuto: false });
  return { world: withDriver(gone, n), end: "landed" };
}

/** Returns what a file becomes, or undefined where both sides have changed the same part of it. */
function mergedFile(path: string, base: Files, ours: Files, theirs: Files): string | undefined {
  if (ours[path] === base[path] || ours[path] === theirs[path]) return theirs[path];
  if (path !== NOTES) return undefined;
  const [[top = "", end], [ourTop = "", ourEnd = ""], [theirTop = "", theirEnd]] = [base, ours, theirs].map(
    (files) => (files[NOTES] ?? "").split(FIRST_NOTES),
  ) as [string[], string[], string[]];
  // An agent changes nothing below, the user nothing above.
  if (theirEnd !== end && theirEnd !== ourEnd) return undefined;
  return ourTop === top || ourTop === theirTop ? theirTop + FIRST_NOTES + ourEnd : undefined;
}

/** A driver is completed with its last member. */
export function withDriver(world: World, n: number): World {
  const { driver } = specAt(world, n);
  if (driver === undefined || !isThrough(world, driver)) return world;
  return withSpec(world, driver, { status: "completed", isAuto: true, isKnown: true });
}

/** Its members are completed or cancelled, and one is completed, while it is open itself. */
export function isThrough(world: World, driver: number): boolean {
  const statuses = membersOf(world, driver).map((n) => specAt(world, n).status);
  const isEach = statuses.every((status) => status === "completed" || status === "cancelled");
  const { status } = specAt(world, driver);
  return isEach && statuses.includes("completed") && status !== "completed" && status !== "cancelled";
}
