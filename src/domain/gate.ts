import { truncate } from "../kit/text.ts";

/** What is known of how the gates do on the files of a tree. */
export type Tried = "green" | "red" | "unknown";

/** What to do next about runs that are done and want to land together, in their order. */
export type GateStep =
  /** The first `count` of them land: on just these files the gates have passed. */
  | { readonly kind: "land"; readonly count: number }
  /** Run the gates on the target with the first `count` of them merged; 0 is the target as it is. */
  | { readonly kind: "test"; readonly count: number }
  /** The first of them fails the gates on a target that passes them. */
  | { readonly kind: "guilty" }
  /** The gates fail on the target as it is, so the first of them cannot be blamed. */
  | { readonly kind: "red_target" };

/**
 * Decides by what is known of the trees alone, so that it goes on after any interruption, and no tree is tried twice. All
 * of them are tried together first; where that fails, half of the fewest that are known to fail, down to one.
 * @param count how many runs want to land, 1 or more
 * @param triedWith how the gates do with so many of them merged, 0 to `count`
 */
export function gateStep(count: number, triedWith: (count: number) => Tried): GateStep {
  const counts = Array.from({ length: count }, (_, index) => index + 1);
  const passing = counts.findLast((merged) => triedWith(merged) === "green");
  if (passing !== undefined) return { kind: "land", count: passing };
  const failing = counts.find((merged) => triedWith(merged) === "red");
  if (failing === undefined) return { kind: "test", count };
  if (failing > 1) return { kind: "test", count: Math.floor(failing / 2) };
  const alone = triedWith(0);
  if (alone === "unknown") return { kind: "test", count: 0 };
  return { kind: alone === "red" ? "red_target" : "guilty" };
}

/** What a run has been through at the gates. */
export interface GateHistory {
  /** How often the target moved on while they ran, or before their verdict was of use. */
  readonly races: number;
  /** The tree on which they passed. */
  readonly passed?: string;
}

/** Returns the history of a run that is tried once more: it passed, and did not land, as the target had moved. */
export function triedAgain({ races, passed }: GateHistory, tree: string): GateHistory {
  return { races: races + (passed === undefined || passed === tree ? 0 : 1) };
}

/** After so many lost races the gates run without one. */
export const RACES = 3;

/** Whose gates run now. `races`: the most that one of the runs has lost. */
export interface GateTurn {
  readonly runs: readonly string[];
  readonly races: number;
}

/** Tells whether the landing of a run has to wait until those have landed whose gates run. */
export const mustLetPass = (turn: GateTurn | undefined, run: string): boolean =>
  turn !== undefined && turn.races >= RACES && !turn.runs.includes(run);

/** A gate that failed: `how` goes on after its name, such as "ended with status 1". */
export interface GateFailure {
  readonly command: string;
  readonly how: string;
}

/** So much of a command is named in a sentence; all of it is in the log. */
const NAMED_LENGTH = 60;

/** Names a gate that failed, and how it did, as a clause. */
export const failureText = ({ command, how }: GateFailure): string =>
  `gate ${JSON.stringify(truncate(command, NAMED_LENGTH))} ${how}`;

/** Says why a run cannot land, as a clause. */
export const gateReason = (failure: GateFailure, target: string): string =>
  `merged with ${target}, the ${failureText(failure)}`;

/** Says why it is not the run's fault, as a clause. */
export const redTargetReason = (failure: GateFailure, target: string): string =>
  `on ${target} itself, without this work, the ${failureText(failure)}`;

/** What an agent is told whose work failed: it sees its own branch only. */
export function gateTold(failure: GateFailure, target: string, output: string): string {
  const said =
    output.trim() === "" ? "It printed nothing." : `The end of what it printed:\n\n${output.trimEnd()}`;
  return `${gateReason(failure, target)}. What has landed on ${target} meanwhile is not in this worktree: \`git merge ${target}\` brings it in. ${said}`;
}
