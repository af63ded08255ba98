import { timeOfDay } from "../kit/local-time.ts";
import { escapeTerminal, formatDuration, plural } from "../kit/text.ts";
import { unreachable } from "../kit/unreachable.ts";
import type { SpecId } from "./id.ts";
import { doneText, type WatchEvent, watchLine } from "./watch-event.ts";

interface Happened {
  /** Wall time in milliseconds since 1970 (UTC). */
  readonly at: number;
}

/** What happens while chant works: fields only, for the log, the journal and every face to tell in its own way. */
export type ChantEvent = RunEvent | WatchEvent;

type RunEvent = Happened &
  (
    | {
        readonly kind: "run_started";
        readonly id: SpecId;
        readonly attempt: number;
        readonly agent: string;
        readonly run: string;
      }
    | { readonly kind: "worktree_ready"; readonly id: SpecId; readonly path: string; readonly branch: string }
    | { readonly kind: "finalizing"; readonly id: SpecId }
    /** The gates run on its work merged with the target; `others`: how many are tried together with it. */
    | { readonly kind: "gate_started"; readonly id: SpecId; readonly target: string; readonly others: number }
    | {
        readonly kind: "gate_passed";
        readonly id: SpecId;
        readonly target: string;
        readonly durationMs: number;
      }
    /** With `others` it is not known yet whose fault it is; `again`: its agent goes on with what the gate said. */
    | {
        readonly kind: "gate_failed";
        readonly id: SpecId;
        readonly reason: string;
        readonly others: number;
        readonly again?: boolean;
      }
    /** The target moved while they ran; `races`: how often by now. */
    | { readonly kind: "gate_raced"; readonly id: SpecId; readonly target: string; readonly races: number }
    | { readonly kind: "merging"; readonly id: SpecId; readonly branch: string }
    /** The work is on the target; `commit` is the merge, or the finalize commit where there was no branch to merge. */
    | {
        readonly kind: "landed";
        readonly id: SpecId;
        readonly target: string;
        readonly commit: string;
        readonly isMerge?: boolean;
        /** Absent where there was none. */
        readonly run?: string;
        readonly agent?: string;
      }
    /** `again`: whether it is tried again, so that this is not its end. */
    | {
        readonly kind: "failed";
        readonly id: SpecId;
        readonly reason: string;
        readonly again?: boolean;
      }
    | { readonly kind: "needs_attention"; readonly id: SpecId; readonly reason: string }
    /** Something holds a landing, or everything, back; it is tried again. */
    | {
        readonly kind: "waiting";
        readonly id?: SpecId;
        readonly reason: string;
        readonly files: readonly string[];
        /** Nothing is tried until a person decides. */
        readonly isForPerson?: boolean;
      }
    /** `again`: whether the run is taken up again. */
    | { readonly kind: "interrupted"; readonly id: SpecId; readonly reason: string; readonly again: boolean }
    /** A person paused it, and its agent is gone. */
    | { readonly kind: "paused"; readonly id: SpecId }
    | { readonly kind: "completed_driver"; readonly id: SpecId }
    | { readonly kind: "skipped"; readonly id: SpecId; readonly reason: string }
    | {
        readonly kind: "summary";
        readonly landed: number;
        readonly failed: number;
        readonly attention: number;
        readonly waiting: number;
        readonly skipped: number;
        readonly durationMs: number;
      }
    | { readonly kind: "warning"; readonly message: string; readonly id?: SpecId }
  );

const SHOWN_FILES = 5;

/** Returns an event as one line of plain text without its time. What others wrote is made safe for a terminal. */
export const eventLine = (event: ChantEvent): string => escapeTerminal(lineOf(event));

/** Returns an event as one line that begins with the local time of day, for a person who looks on. */
export const timedLine = (event: ChantEvent): string => `[${timeOfDay(event.at)}] ${eventLine(event)}`;

/** Returns an event as one line that begins with its time after RFC 3339, for a log that is read days later. */
export const logLine = (event: ChantEvent): string =>
  `[${new Date(event.at).toISOString()}] ${eventLine(event)}`;

function lineOf(event: ChantEvent): string {
  switch (event.kind) {
    case "run_started":
      return `${event.id} started with agent ${event.agent}${event.attempt > 1 ? `, attempt ${event.attempt}` : ""}`;
    case "worktree_ready":
      return `${event.id} has its worktree ${event.path} on branch ${event.branch}`;
    case "finalizing":
      return `${event.id} completed → finalizing`;
    case "gate_started":
      return `${event.id} finalizing → gates on ${event.target}${withOthers(event.others)}`;
    case "gate_passed":
      return `${event.id} passed the gates on ${event.target} in ${formatDuration(event.durationMs)}`;
    case "gate_failed":
      return gateFailedText(event);
    case "gate_raced":
      return `${event.id} is tried again: ${event.target} moved while its gates ran (${plural(event.races, "time")})`;
    case "merging":
      return `${event.id} finalized → merging branch ${event.branch}`;
    case "landed":
      return event.isMerge === false
        ? `${event.id} finalized (no branch to merge)`
        : `${event.id} merged to ${event.target} ✓`;
    case "failed":
      return `${event.id} failed: ${event.reason}`;
    case "paused":
      return `${event.id} is paused`;
    case "needs_attention":
      return `${event.id} needs attention: ${event.reason}`;
    case "waiting":
      return `${event.id === undefined ? "waiting" : `${event.id} waits`}: ${event.reason}${filesText(event.files)}`;
    case "interrupted":
      return `${event.id} interrupted: ${event.reason}${event.again ? "; it is taken up again" : ""}`;
    case "completed_driver":
      return `${event.id} completed with its last member`;
    case "skipped":
      return `${event.id} skipped: ${event.reason}`;
    case "summary":
      return summaryText(event);
    case "warning":
      return `${event.id === undefined ? "" : `${event.id} `}warning: ${event.message}`;
    case "watching":
    case "retry_scheduled":
    case "resuming":
    case "stale_lock_removed":
    case "stale_pid_file_removed":
    case "orphan_cleaned":
    case "run_recovered":
    case "run_adopted":
    case "all_done":
    case "archived":
    case "idle_exit":
    case "stopping":
    case "stopped_by_failure":
    case "handed_over":
      return watchLine(event);
    default:
      return unreachable(event);
  }
}

function filesText(files: readonly string[]): string {
  if (files.length === 0) return "";
  const more = files.length > SHOWN_FILES ? ` and ${files.length - SHOWN_FILES} more` : "";
  return ` (${files.slice(0, SHOWN_FILES).join(", ")}${more})`;
}

const withOthers = (others: number): string => (others === 0 ? "" : `, with ${plural(others, "other")}`);

function gateFailedText({
  id,
  reason,
  others,
  again,
}: ChantEvent & { readonly kind: "gate_failed" }): string {
  const next = others > 0 ? "; they are tried apart" : again === true ? "; its agent goes on with that" : "";
  return `${id} does not pass the gates${withOthers(others)}: ${reason}${next}`;
}

function summaryText(event: ChantEvent & { readonly kind: "summary" }): string {
  const counts: readonly (readonly [number, string])[] = [
    [event.waiting, "waiting"],
    [event.skipped, "skipped"],
  ];
  const others = counts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  return `${[doneText(event), ...others].join(", ")} in ${formatDuration(event.durationMs)}`;
}
