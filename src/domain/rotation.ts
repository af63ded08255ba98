import type { Account } from "./account.ts";
import { unreachable } from "../kit/unreachable.ts";

/** How agents take turns over the specs that name none. */
export const ROTATIONS = ["none", "round_robin", "random", "least_busy"] as const;
export type Rotation = (typeof ROTATIONS)[number];

/** One of the agents that share the work, as it stands now. */
export interface Contender {
  readonly name: string;
  /** How often it is chosen, compared with the others. */
  readonly weight: number;
  /** The most specs that it works on at once. */
  readonly maxConcurrent?: number | undefined;
  /** On how many it works. */
  readonly running: number;
  /** How many it was given in all. */
  readonly given: number;
  /** Its account waits for a limit, or its quota is used up. */
  readonly isLimited: boolean;
}

/** Who goes on with a run whose own agent cannot. */
export interface Fallback {
  readonly name: string;
  readonly model?: string;
  readonly account: Account;
}

/** What none of the others may be given either. */
export type NoTurn = "busy" | "limited";

const hasRoom = ({ running, maxConcurrent = Infinity }: Contender): boolean => running < maxConcurrent;

/**
 * Chooses who works on the next spec: without rotation the first that can, so that each is the fallback of those before
 * it. `random` runs from 0 to 1. Where nobody can, it says why.
 */
export function chooseAgent(
  rotation: Rotation,
  contenders: readonly Contender[],
  random: number,
): { readonly name: string } | NoTurn {
  const willing = contenders.filter(({ isLimited }) => !isLimited);
  const free = willing.filter(hasRoom);
  const [first] = free;
  if (first === undefined) return willing.length === 0 ? "limited" : "busy";
  switch (rotation) {
    case "none":
      return first;
    case "round_robin":
      return least(free, first, ({ given, weight }) => (given + 1) / weight);
    case "least_busy":
      return least(
        free,
        first,
        ({ running, weight }) => (running + 1) / weight,
        ({ given, weight }) => (given + 1) / weight,
      );
    case "random":
      return drawn(free, first, random);
    default:
      return unreachable(rotation);
  }
}

/** The one with the least of a measure, of several of those the one with the least of the next, then the first. */
function least(
  free: readonly Contender[],
  first: Contender,
  ...measures: readonly ((contender: Contender) => number)[]
): Contender {
  return free.reduce((best, each) => {
    const measure = measures.find((of) => of(each) !== of(best));
    return measure !== undefined && measure(each) < measure(best) ? each : best;
  }, first);
}

function drawn(free: readonly Contender[], first: Contender, random: number): Contender {
  const total = free.reduce((sum, { weight }) => sum + weight, 0);
  let left = random * total;
  for (const contender of free) {
    left -= contender.weight;
    if (left < 0) return contender;
  }
  return free.at(-1) ?? first;
}

const LABEL = /^agent:(.+)$/;

/** Returns the agent that a spec's labels name: `agent:NAME`. */
export const agentOfLabels = (labels: readonly string[]): string | undefined =>
  labels.map((label) => LABEL.exec(label)?.[1]).find((name) => name !== undefined);
