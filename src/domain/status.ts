import { ChantError } from "../kit/errors.ts";

/*
 *                    pause / resume
 *               paused <-----> in_progress <--- resume --- failed, needs_attention
 *                                |  |  |
 *   pending --- start -----------'  |  '--- land ---> completed --- reset ---> pending
 *      ^                            |
 *      |--- reset --- failed <-fail-+
 *      |                |           |
 *      '--- reset --- needs_attention --- land (finalized by a person) ---> completed
 *
 *   any but cancelled --- cancel ---> cancelled --- restore ---> pending
 *
 * Blocked is no status: it is pending with a dependency that is not met, computed whenever somebody asks.
 * Archived is a place, not a status.
 */

/** What a spec's file says about where it stands. `completed` means: its work is on the target. */
export type Status =
  | "pending"
  | "in_progress"
  | "paused"
  | "failed"
  | "needs_attention"
  | "completed"
  | "cancelled";

/** What can happen to a spec. `land` is the only move that completes one. */
export type Move =
  | "start"
  | "pause"
  | "resume"
  | "fail"
  | "attention"
  | "land"
  | "finalize"
  | "reset"
  | "cancel"
  | "restore";

/** All statuses, in the order in which lists show them. */
export const STATUSES: readonly Status[] = [
  "in_progress",
  "needs_attention",
  "failed",
  "paused",
  "pending",
  "completed",
  "cancelled",
];

const NEXT: { readonly [S in Status]: { readonly [M in Move]?: Status } } = {
  pending: {
    start: "in_progress",
    // A driver completes without having been started, and a person may finalize work done by hand.
    land: "completed",
    finalize: "completed",
    cancel: "cancelled",
  },
  in_progress: {
    pause: "paused",
    fail: "failed",
    attention: "needs_attention",
    land: "completed",
    finalize: "completed",
    reset: "pending",
    cancel: "cancelled",
  },
  paused: {
    resume: "in_progress",
    fail: "failed",
    attention: "needs_attention",
    finalize: "completed",
    reset: "pending",
    cancel: "cancelled",
  },
  failed: {
    resume: "in_progress",
    attention: "needs_attention",
    finalize: "completed",
    reset: "pending",
    cancel: "cancelled",
  },
  needs_attention: {
    resume: "in_progress",
    fail: "failed",
    land: "completed",
    finalize: "completed",
    reset: "pending",
    cancel: "cancelled",
  },
  completed: { reset: "pending", cancel: "cancelled" },
  cancelled: { restore: "pending" },
};

/** Returns the status after a move, or undefined when the move is not allowed from there. */
export const step = (from: Status, move: Move): Status | undefined => NEXT[from][move];

/** Returns the moves that are allowed from a status. */
export const movesFrom = (from: Status): readonly Move[] => Object.keys(NEXT[from]) as Move[];

/** What a person types for a move, with the id behind it; the other moves are made by chant alone. */
const COMMANDS: { readonly [M in Move]?: string } = {
  start: "chant work",
  pause: "chant pause",
  resume: "chant resume",
  finalize: "chant finalize",
  reset: "chant reset",
  cancel: "chant cancel",
  restore: "chant restore",
};

/** Returns the command lines by which a person can move a spec on from a status. */
const commandsFrom = (id: string, from: Status): readonly string[] =>
  movesFrom(from).flatMap((move) => {
    const command = COMMANDS[move];
    return command === undefined ? [] : [`${command} ${id}`];
  });

/** Tells whether a word is a status that a file may hold. */
export const isStatus = (word: string): word is Status => Object.hasOwn(NEXT, word);

/**
 * Returns the status after a move of a spec.
 * @throws ChantError STATUS_MOVE_REFUSED when the move is not allowed; names those that are.
 */
export function requireMove(id: string, from: Status, move: Move): Status {
  const to = step(from, move);
  if (to !== undefined) return to;
  throw new ChantError("STATUS_MOVE_REFUSED", `${id} is ${from}, and from there "${move}" is not possible.`, {
    hint: `Possible from ${from}: ${commandsFrom(id, from).join(", ")}`,
  });
}
