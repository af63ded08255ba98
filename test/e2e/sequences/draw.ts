import type { Random } from "../../kit/random.ts";
import { expected, isAllowed } from "./model.ts";
import { type Agent, type Decision, DECISIONS, type Step } from "./step.ts";
import { specAt, type World } from "./world.ts";

/** How many specs a sequence may have; more make it longer, and meet one another seldom. */
const SPECS = 5;

/** A step that is refused is drawn this often where one that is not could be. */
const REFUSED = 0.15;

/** How often something is drawn in which chant has no part: that takes no time. */
const FREE = 0.4;

type Weights = Readonly<Record<string, number>>;

const COMMANDS: Weights = { work: 5, decide: 12, tick: 2, begin: 1.5, watch: 1.5, add: 0.7, cleanup: 0.3 };
const DOINGS: Weights = {
  edit: 6,
  commit: 3,
  unblock: 2,
  solve: 3,
  release: 3,
  script: 1,
  modify: 1,
  stage: 1,
  switch: 0.7,
  write: 0.7,
  add: 1,
};

/** What a command costs, where one that starts no agent costs 1. */
export function costOf(step: Step): number {
  if (step.do === "decide") return step.what === "rework" ? 3 : 1;
  if (step.do === "work" || step.do === "begin") return 3;
  return step.do === "watch" || step.do === "cleanup" || (step.do === "add" && step.isByHand !== true)
    ? 1
    : 0;
}

/** Draws the next step among those whose outcome the model knows; at first some specs, by hand. */
export function drawStep(random: Random, world: World, agents: readonly Agent[]): Step {
  for (;;) {
    const step =
      world.specs.length < 2 ? anyAdd(random, world, agents, true) : anyStep(random, world, agents);
    if (!isAllowed(world, step)) continue;
    const after = expected(world, step);
    const isRefused = after.exit !== undefined && after.exit !== 0 && step.do !== "work";
    // Most of what changes nothing says nothing either.
    const isIdle = after.world === world || isRefused;
    if (!isIdle || random.next() < REFUSED) return step;
  }
}

function anyStep(random: Random, world: World, agents: readonly Agent[]): Step {
  const n = random.below(world.specs.length);
  const isFree = random.next() < FREE;
  const what = weighted(random, isFree ? DOINGS : COMMANDS);
  switch (what) {
    case "add":
      return world.specs.length < SPECS ? anyAdd(random, world, agents, isFree) : { do: "edit", n };
    case "work":
      return { do: "work", ns: random.next() < 0.5 ? [] : random.next() < 0.7 ? [n] : someOf(random, world) };
    case "decide":
      return anyDecision(random, world);
    case "script":
      return { do: "script", n, agent: random.pick(agents) };
    case "tick":
      return { do: "tick", n, box: random.pick([1, 2] as const) };
    case "begin":
    case "release":
    case "edit":
    case "unblock":
    case "solve":
      return { do: what, n };
    case "watch":
    case "cleanup":
    case "write":
    case "modify":
    case "stage":
    case "commit":
    case "switch":
      return { do: what };
    default:
      throw new RangeError(`there is no step ${what}`);
  }
}

/** Where something has happened to a spec already, something else is drawn for it sooner. */
function anyDecision(random: Random, world: World): Step {
  const ns = world.specs.flatMap(({ status, run }, n) =>
    status !== "pending" || run !== undefined ? [n, n, n] : [n],
  );
  const n = random.pick(ns);
  const what: Decision = random.pick(DECISIONS);
  return { do: "decide", what, n };
}

function weighted(random: Random, weights: Weights): string {
  const entries = Object.entries(weights);
  let at = random.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of entries) {
    at -= weight;
    if (at < 0) return name;
  }
  return Object.keys(weights)[0] ?? "";
}

const someOf = (random: Random, { specs }: World): readonly number[] =>
  [...specs.keys()].filter(() => random.next() < 0.6);

function anyAdd(random: Random, { specs }: World, agents: readonly Agent[], isByHand: boolean): Step {
  const other = specs.length === 0 ? undefined : random.below(specs.length);
  const how = random.next();
  return {
    do: "add",
    agent: random.pick(agents),
    ...(other !== undefined && how < 0.2 ? { after: other } : {}),
    ...(other !== undefined && how >= 0.2 && how < 0.6 ? { driver: other } : {}),
    ...(how >= 0.85 ? { isGated: true } : {}),
    ...(isByHand ? { isByHand: true } : {}),
  };
}

/** What brings all that is under way to where only a person can go on. */
export function ending(world: World): readonly Step[] {
  const steps: Step[] = world.branch === "side" ? [{ do: "switch" }] : [];
  for (const n of world.specs.keys()) {
    if (specAt(world, n).agent === "held") steps.push({ do: "release", n });
    steps.push({ do: "unblock", n });
  }
  return [...steps, { do: "work", ns: [] }];
}
