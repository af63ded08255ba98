import { formatDuration, plural } from "../kit/text.ts";
import { unreachable } from "../kit/unreachable.ts";
import type { SpecId } from "./id.ts";

/** What happens besides while `chant watch` brings runs to their end. */
export type WatchEvent = {
  /** Wall time in milliseconds since 1970 (UTC). */
  readonly at: number;
} & (
  | { readonly kind: "watching"; readonly ids: readonly SpecId[] }
  /** `n` of at most `of`, at the wall time `atMs`; `reason` says why it may help. */
  | {
      readonly kind: "retry_scheduled";
      readonly id: SpecId;
      readonly n: number;
      readonly of: number;
      readonly atMs: number;
      readonly reason: string;
    }
  | { readonly kind: "resuming"; readonly id: SpecId }
  /** The process that had the lock is gone. */
  | { readonly kind: "stale_lock_removed"; readonly id: SpecId; readonly pid: number }
  | { readonly kind: "stale_pid_file_removed"; readonly pid?: number }
  /** A worktree that belonged to nothing; what it held is in the snapshot. */
  | {
      readonly kind: "orphan_cleaned";
      readonly path: string;
      readonly id?: SpecId;
      readonly snapshot?: string;
    }
  /** A run whose record was lost has one again. */
  | { readonly kind: "run_recovered"; readonly id: SpecId; readonly path: string }
  /** A run whose coordinator is gone has a new one. */
  | { readonly kind: "run_adopted"; readonly id: SpecId; readonly pid: number }
  /** Everything that was watched has ended. */
  | {
      readonly kind: "all_done";
      readonly landed: number;
      readonly failed: number;
      readonly attention: number;
    }
  /** Completed specs went into the archive; `location` is its folder, relative to the repository. */
  | { readonly kind: "archived"; readonly ids: readonly SpecId[]; readonly location: string }
  | { readonly kind: "idle_exit"; readonly idleMs: number }
  | { readonly kind: "stopping"; readonly signal: string }
  /** As `watch.failure.on_permanent_failure: stop` asks. */
  | { readonly kind: "stopped_by_failure"; readonly id: SpecId }
  /** It was asked to end for a watch of a newer chant. */
  | { readonly kind: "handed_over"; readonly version: string }
);

const SHOWN_IDS = 20;
const LONGEST_IN_SECONDS_MS = 10 * 60_000;

/** Returns such an event as one line, not yet made safe for a terminal. */
export function watchLine(event: WatchEvent): string {
  switch (event.kind) {
    case "watching":
      return watchingText(event.ids);
    case "retry_scheduled":
      return `${event.id} retry scheduled (${event.n}/${event.of}) in ${waitText(event.atMs - event.at)}`;
    case "resuming":
      return `${event.id} resuming...`;
    case "stale_lock_removed":
      return `${event.id} stale lock removed (process ${event.pid} is gone)`;
    case "stale_pid_file_removed":
      return `Stale pid file removed${event.pid === undefined ? "" : ` (process ${event.pid} is gone)`}`;
    case "orphan_cleaned":
      return `${event.id === undefined ? "Orphaned" : `${event.id} orphaned`} worktree cleaned: ${event.path}${keptText(event.snapshot)}`;
    case "run_recovered":
      return `${event.id} recovered from what its run left in ${event.path}: its record was lost`;
    case "run_adopted":
      return `${event.id} adopted (its coordinator, process ${event.pid}, is gone)`;
    case "all_done":
      return `All done: ${doneText(event)}`;
    case "archived":
      return `Archived ${plural(event.ids.length, "spec")} to ${event.location}`;
    case "idle_exit":
      return `Idle for ${formatDuration(event.idleMs)}, exiting`;
    case "stopping":
      return `Stopping on ${event.signal}`;
    case "stopped_by_failure":
      return `Stopping: ${event.id} failed for good, and watch.failure.on_permanent_failure is stop`;
    case "handed_over":
      return `Handed over to chant ${event.version}`;
    default:
      return unreachable(event);
  }
}

function watchingText(ids: readonly SpecId[]): string {
  if (ids.length === 0) return "No in-progress specs, waiting...";
  const more = ids.length > SHOWN_IDS ? ` and ${ids.length - SHOWN_IDS} more` : "";
  return `Watching ${plural(ids.length, "in-progress spec")}: ${ids.slice(0, SHOWN_IDS).join(", ")}${more}`;
}

/** In seconds as long as that is easy to read. */
function waitText(waitMs: number): string {
  const isInSeconds = waitMs >= 1000 && waitMs < LONGEST_IN_SECONDS_MS;
  return isInSeconds ? `${Math.round(waitMs / 1000)}s` : formatDuration(waitMs);
}

const keptText = (snapshot: string | undefined): string =>
  snapshot === undefined ? "" : `, its work is in ${snapshot}`;

/** Returns the counts of what became of runs as words: "3 landed, 1 failed". */
export function doneText(counts: {
  readonly landed: number;
  readonly failed: number;
  readonly attention: number;
}): string {
  const others = [
    [counts.failed, "failed"],
    [counts.attention, "in need of attention"],
  ] as const;
  return [
    `${counts.landed} landed`,
    ...others.flatMap(([n, what]) => (n === 0 ? [] : [`${n} ${what}`])),
  ].join(", ");
}
