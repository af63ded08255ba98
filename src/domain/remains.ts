/*
 * What is left of a run whose record is gone: somebody removed it, or the disk tore it. The run may still be at work.
 *
 *   its spec is known, and not in progress    nothing: a person, or `cleanup`, has the word
 *   its spec is in progress
 *     what it was launched with is there      its record is written again, and the run goes on as any other
 *     its worktree is gone                    a person must look
 *     something lives in the worktree         it is waited for
 *     its status file says done               judged by the facts, and landed
 *     its status file says failed             failed, and then the rules of retries
 *     nothing happened there for so long      failed, and then the rules of retries
 *   its spec stands nowhere any more          cleared away once nothing lives or happens there, after a snapshot
 */

/** The facts about such a run, read a moment ago. */
export interface Remains {
  /** Whether the file is there that says what it was launched with. */
  readonly hasLaunch: boolean;
  readonly hasWorktree: boolean;
  /** Whether a person switched its worktree to another branch, or locked it. */
  readonly isTaken: boolean;
  /** `known`: it stands somewhere, but is not in progress where the run would land. */
  readonly spec: "in_progress" | "known" | "unknown";
  /** Whether a process is in the worktree, or belongs to the run. */
  readonly isAlive: boolean;
  /** Whether nothing happened there for `watch.stale_after_minutes`. */
  readonly isQuiet: boolean;
  /** What its status file says. */
  readonly word: "working" | "done" | "failed" | undefined;
}

export type Remedy = "restore" | "judge" | "fail" | "park" | "clean" | "wait" | "leave";

/** Decides what is to become of it. */
export function remedyFor(remains: Remains): Remedy {
  const { spec, isAlive, isQuiet, isTaken, word } = remains;
  if (spec === "known") return "leave";
  if (spec === "in_progress" && remains.hasLaunch) return "restore";
  if (isTaken) return "leave";
  if (spec === "unknown") return remains.hasWorktree && isQuiet && !isAlive ? "clean" : "leave";
  if (!remains.hasWorktree) return "park";
  if (isAlive) return "wait";
  if (word === "done") return "judge";
  return word === "failed" || isQuiet ? "fail" : "wait";
}
