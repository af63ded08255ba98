import type { Status } from "../../../src/domain/status.ts";
import type { Agent } from "./step.ts";

/** Files by path; what is not there is undefined. */
export type Files = Readonly<Record<string, string | undefined>>;

/** What a run stands at while no process carries it. */
export interface Run {
  /**
   * parked: a person decides. due: its agent is to start again. held: its agent is at work. ended: its agent has ended,
   * and nobody has judged that. waits: judged done, and something of the user's is in the way.
   */
  readonly phase: "parked" | "due" | "held" | "ended" | "waits";
  /** What a paused run was about. */
  readonly pausedFrom?: "held" | "due" | "ended" | "waits";
  /** As the worktree has it. */
  readonly boxes: readonly [boolean, boolean];
  readonly hasCommit: boolean;
  /** How its agent has ended last. */
  readonly isGoodEnd: boolean;
  /** What its branch has changed, and what stood there in its base. */
  readonly files: Files;
  readonly base: Files;
}

export interface Spec {
  readonly agent: Agent;
  readonly status: Status;
  readonly after?: number;
  readonly driver?: number;
  readonly gate: "none" | "shut" | "approved" | "rejected";
  /** Lines of prose that the user has added, all of which must be on disk. */
  readonly words: readonly string[];
  /** As home has it, or the worktree where there is one. */
  readonly boxes: readonly [boolean, boolean];
  /** Whether its file on disk differs from the last commit. */
  readonly edited: "no" | "maybe" | "yes";
  /** The target has it. */
  readonly isKnown: boolean;
  readonly isArchived: boolean;
  /** It was called off when it had been completed. */
  readonly wasCompleted?: boolean;
  /** Completed by its members, rather than by itself. */
  readonly isAuto: boolean;
  readonly run?: Run;
  /** How often a run of it has landed. */
  readonly landings: number;
}

/** What there is, as far as chant's promises go: nothing of how chant keeps it. */
export interface World {
  /** Git knows nothing of the specs: they are on the disk alone. */
  readonly isSilent: boolean;
  readonly specs: readonly Spec[];
  readonly branch: "main" | "side";
  /** The files of both branches, and of the user's index and disk, without `.chant`. */
  readonly trees: Readonly<Record<"main" | "side", Files>>;
  readonly index: Files;
  readonly disk: Files;
  readonly hasSide: boolean;
  /** The subjects of the user's commits, by the branch that they were made on. */
  readonly commits: Readonly<Record<"main" | "side", readonly string[]>>;
  /** The first agent of each flaky spec has failed already. */
  readonly flaked: readonly number[];
  readonly released: readonly number[];
  /** Counts what the user does, so that all texts differ. */
  readonly count: number;
}

export const NOTES = "notes.txt";
export const FIRST_NOTES = "first\nsecond\nthird\n";

/** What the first commit has. */
export const FIRST: Readonly<Record<string, string>> = {
  "README.md": "# A project\n",
  [NOTES]: FIRST_NOTES,
  "shared.txt": "first\n",
};

export const NEW_WORLD: World = {
  isSilent: false,
  specs: [],
  branch: "main",
  trees: { main: FIRST, side: {} },
  index: FIRST,
  disk: FIRST,
  hasSide: false,
  commits: { main: [], side: [] },
  flaked: [],
  released: [],
  count: 0,
};

export const specAt = (world: World, n: number): Spec => {
  const spec = world.specs[n];
  if (spec === undefined) throw new RangeError(`there is no spec ${n}`);
  return spec;
};

export const withSpec = (world: World, n: number, changes: Partial<Spec>): World => ({
  ...world,
  specs: world.specs.map((spec, at) => (at === n ? { ...spec, ...changes } : spec)),
});

/** Without its run. */
export function withoutRun(world: World, n: number, changes: Partial<Spec>): World {
  const { run: _run, ...rest } = specAt(world, n);
  return { ...world, specs: world.specs.map((spec, at) => (at === n ? { ...rest, ...changes } : spec)) };
}

export const membersOf = (world: World, n: number): readonly number[] =>
  world.specs.flatMap((spec, at) => (spec.driver === n ? [at] : []));

export const outFile = (n: number): string => `out-${n}.txt`;
