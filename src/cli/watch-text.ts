import { escapeTerminal, formatDuration, plural } from "../kit/text.ts";
import { unreachable } from "../kit/unreachable.ts";
import { limitClause } from "../domain/limits.ts";
import type { DueRetry, WatchStatus } from "../app/watch-control.ts";
import type { Intended } from "../app/watch-dry-run.ts";

/** Returns what a watch would do as one line. */
export const intendedLine = (intended: Intended, nowMs: number): string =>
  escapeTerminal(intendedText(intended, nowMs));

function intendedText(intended: Intended, nowMs: number): string {
  switch (intended.kind) {
    case "remove_pid_file":
      return `Remove the stale pid file${intended.pid === undefined ? "" : ` (process ${intended.pid} is gone)`}`;
    case "remove_lock":
      return `${intended.id}: remove its stale lock (process ${intended.pid} is gone)`;
    case "finish_landing":
      return `Finish the landing on ${intended.branch} that was cut off`;
    case "recover":
      return recoverText(intended);
    case "adopt":
      return `${intended.id}: take it over (its coordinator, process ${intended.pid}, is gone)`;
    case "finalize_here":
      return `${intended.id}: complete it, without a branch to merge`;
    case "begin":
      return `${intended.id}: make its worktree and start its agent, as was begun`;
    case "undo":
      return `${intended.id}: give back the claim, from which nothing came`;
    case "relaunch":
      return `${intended.id}: judge what its agent leaves, or has left`;
    case "again":
      return `${intended.id}: start its agent again (${intended.reason})`;
    case "resume":
      return `${intended.id}: resume it`;
    case "retry":
      return `${intended.id}: schedule retry ${intended.n} of ${intended.of} in ${formatDuration(intended.atMs - nowMs)} (${intended.reason})`;
    case "put_off":
      return `${intended.id}: put its retry off by ${formatDuration(intended.atMs - nowMs)}`;
    case "pause":
      return `${intended.id}: stop its agent, which was paused`;
    case "retire":
      return `${intended.id}: clear away its run, which was given up`;
    case "land":
      return `${intended.id}: land it`;
    case "hold":
      return `${intended.id}: hold it back (${intended.reason})`;
    case "park":
      return `${intended.id}: leave it to a person (${intended.reason})`;
    case "publish_park":
      return `${intended.id}: write its status`;
    case "start":
      return `Start up to ${plural(intended.atMost, "spec")}`;
    default:
      return unreachable(intended);
  }
}

function recoverText({ id, path, remedy }: Intended & { readonly kind: "recover" }): string {
  switch (remedy) {
    case "restore":
      return `${id}: write the lost record of its run again, and go on with it in ${path}`;
    case "judge":
      return `${id}: judge what its lost run left in ${path}, whose status file says done`;
    case "fail":
      return `${id}: count its lost run in ${path} as failed`;
    case "park":
      return `${id}: leave it to a person (its record and its worktree ${path} are gone)`;
    case "clean":
      return `${id}: clear away the orphaned worktree ${path}, after a snapshot`;
    default:
      return unreachable(remedy);
  }
}

/** Returns a retry as one line. */
export function retryLine({ id, n, of, atMs, reason, limit }: DueRetry, nowMs: number): string {
  if (limit !== undefined) {
    return escapeTerminal(`${id}  ${limitClause(limit.account, limit.untilMs)}: ${reason}`);
  }
  const when = atMs > nowMs ? `in ${formatDuration(atMs - nowMs)}` : "now";
  const which = of === 0 ? "asked for" : `retry ${n} of ${of}`;
  return escapeTerminal(`${id}  ${which}, due ${when}: ${reason}`);
}

/** Says in one sentence whether a watch runs. */
export function watchSentence({ running }: WatchStatus, nowMs: number): string {
  if (running === undefined) return "No watch runs here.";
  const age = formatDuration(Math.max(0, nowMs - running.sinceMs));
  return `A watch runs since ${age}: process ${running.pid}, chant ${running.version}.`;
}

/** Returns how the watch stands, without a last newline. */
export function watchStatusText(status: WatchStatus, nowMs: number): string {
  const { running, watches, unattended, retries } = status;
  const takesOver =
    running === undefined ? "chant watch or chant work takes over" : "the watch takes over in a moment";
  return [
    watchSentence(status, nowMs),
    ...(watches.length === 0 ? [] : [`It watches ${watches.join(", ")}.`]),
    ...(unattended.length === 0 ? [] : [`Nobody attends to ${unattended.join(", ")}: ${takesOver}.`]),
    ...retries.map((retry) => retryLine(retry, nowMs)),
  ].join("\n");
}
