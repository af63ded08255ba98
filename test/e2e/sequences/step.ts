/** What the agent of a spec does. */
export type Agent =
  /** Does its work, ticks and commits. */
  | "good"
  /** Leaves the commit to chant. */
  | "lazy"
  /** Exits with 3, in the middle of its work. */
  | "fails"
  /** Leaves the second box open. */
  | "open"
  /** Exits with 1 the first time, before it has done anything. */
  | "flaky"
  /** Changes what the user changes and commits meanwhile. */
  | "clash"
  /** Adds a line above those that are there, where the user adds his below. */
  | "notes"
  /** The user makes the very file meanwhile that it adds. */
  | "block"
  /** Waits until it is let go. */
  | "held";

/** Those whose runs come to the same whichever lands first. */
export const ALONE: readonly Agent[] = ["good", "lazy", "fails", "open", "flaky", "block", "held"];
export const AGENTS: readonly Agent[] = [...ALONE, "clash", "notes"];

/** Commands about one spec, in the words of the command line but for those that have a flag. */
export const DECISIONS = [
  "pause",
  "resume",
  "rework",
  "reset",
  "cancel",
  "restore",
  "approve",
  "reject",
  "start",
  "finalize",
  "force",
  "merge",
  "archive",
] as const;

export type Decision = (typeof DECISIONS)[number];

/** One thing that a person does; `n` is the number of a spec, in the order in which they were made. */
export type Step =
  | {
      readonly do: "add";
      readonly agent: Agent;
      readonly after?: number;
      readonly driver?: number;
      readonly isGated?: boolean;
      /** As a file of the user's own, where the others are made by `chant add`. */
      readonly isByHand?: boolean;
    }
  /** A line of prose, by hand. */
  | { readonly do: "edit"; readonly n: number }
  /** Another agent, by hand. */
  | { readonly do: "script"; readonly n: number; readonly agent: Agent }
  | { readonly do: "tick"; readonly n: number; readonly box: 1 | 2 }
  | { readonly do: "decide"; readonly what: Decision; readonly n: number }
  /** None means all that is ready. */
  | { readonly do: "work"; readonly ns: readonly number[] }
  /** Starts a spec whose agent is held, and leaves. */
  | { readonly do: "begin"; readonly n: number }
  /** Lets a held agent go, and waits until it has ended. */
  | { readonly do: "release"; readonly n: number }
  /** The user takes the file away that blocks a landing. */
  | { readonly do: "unblock"; readonly n: number }
  /** The user merges the target in the worktree, for the agent's side. */
  | { readonly do: "solve"; readonly n: number }
  | { readonly do: "watch" | "cleanup" }
  /** The user writes a new file, changes a tracked one, stages or commits all there is, or switches between main and side. */
  | { readonly do: "write" | "modify" | "stage" | "commit" | "switch" };
