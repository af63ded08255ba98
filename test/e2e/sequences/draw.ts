import type { Random } from "../../kit/random.ts";
import { expected, isAllowed } from "./model.ts";
import { type Agent, DECISIONS, type Step } from "./step.ts";
import type { World } from "./world.ts";

/** How many specs a sequence may have; more make it longer, and meet one another seldom. */
const SPECS = 4;

/** A step that is refused is drawn this often where one that is not could be. */
const REFUSED = 0.2;

const WEIGHTS: Readonly<Record<string, number>> = {
  add: 5,
  work: 6,
  begin: 4,
  release: 3,
  decide: 16,
  edit: 2,
  script: 1,
  tick: 4,
  unblock: 2,
  solve: 4,
  watch: 2,
  cleanup: 1,
  user: 5,
};

/** Draws the next step among those whose outcome the model knows. */
export function drawStep(random: Random, world: World, agents: readonly Agent[]): Step {
  for (;;) {
    const step = anyStep(random, world, agents);
    if (!isAllowed(world, step)) continue;
    const { exit } = expected(world, step);
    if (exit === undefined || exit === 0 || step.do === "work" || random.next() < REFUSED) return step;
  }
}

function anyStep(random: Random, world: World, agents: readonly Agent[]): Step {
  const count = world.specs.length;
  if (count === 0) return anyAdd(random, count, agents);
  const n = random.below(count);
  switch (weighted(random)) {
    case "add":
      return count < SPECS ? anyAdd(random, count, agents) : { do: "work", ns: [n] };
    case "work":
      return { do: "work", ns: random.next() < 0.3 ? [] : random.next() < 0.7 ? [n] : someOf(random, count) };
    case "begin":
      return { do: "begin", n };
    case "release":
      return { do: "release", n };
    case "decide":
      return { do: "decide", what: random.pick(DECISIONS), n };
    case "edit":
      return { do: "edit", n };
    case "script":
      return { do: "script", n, agent: random.pick(agents) };
    case "tick":
      return { do: "tick", n, box: random.pick([1, 2] as const) };
    case "unblock":
      return { do: "unblock", n };
    case "solve":
      return { do: "solve", n };
    case "watch":
      return { do: "watch" };
    case "cleanup":
      return { do: "cleanup" };
    default:
      return { do: random.pick(["write", "modify", "stage", "commit", "switch"] as const) };
  }
}

function weighted(random: Random): string {
  const entries = Object.entries(WEIGHTS);
  let at = random.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [name, weight] of entries) {
    at -= weight;
    if (at < 0) return name;
  }
  return "user";
}

const someOf = (random: Random, count: number): readonly number[] =>
  Array.from({ length: count }, (_, n) => n).filter(() => random.next() < 0.6);

function anyAdd(random: Random, count: number, agents: readonly Agent[]): Step {
  const agent = random.pick(agents);
  const other = count === 0 ? undefined : random.below(count);
  const how = random.next();
  return {
    do: "add",
    agent,
    ...(other !== undefined && how < 0.2 ? { after: other } : {}),
    ...(other !== undefined && how >= 0.2 && how < 0.5 ? { driver: other } : {}),
    ...(how >= 0.5 && how < 0.65 ? { isGated: true } : {}),
    ...(how >= 0.65 ? { isByHand: true } : {}),
  };
}

/** What brings all that is under way to where only a person can go on. */
export function ending(world: World): readonly Step[] {
  const steps: Step[] = world.branch === "side" ? [{ do: "switch" }] : [];
  for (const [n, { agent }] of world.specs.entries()) {
    if (agent === "held") steps.push({ do: "release", n });
    steps.push({ do: "unblock", n });
  }
  return [...steps, { do: "work", ns: [] }];
}
