import type { TokenUsage } from "./agent-event.ts";
import type { ChantEvent } from "./event.ts";
import type { SpecId } from "./id.ts";
import type { Verdict } from "./judge.ts";

/** How one launch of a run ended: a line of the journal. */
export interface AttemptEnd {
  readonly id: SpecId;
  readonly run: string;
  readonly launch: number;
  readonly attempt: number;
  readonly agent: string;
  readonly provider?: string;
  readonly model?: string;
  readonly session?: string;
  /** Wall times in milliseconds since 1970; a launch of an earlier chant does not say when it began. */
  readonly startedAtMs?: number;
  readonly endedAtMs: number;
  readonly verdict: Verdict["kind"];
  /** One line. */
  readonly reason?: string;
  /** With `isCumulative`, a counter of the whole session. */
  readonly usage?: TokenUsage & { readonly isCumulative: boolean };
}

/** What can happen to a spec, as a history tells it. */
export type HappeningKind =
  | "added"
  | "started"
  | "resumed"
  | "interrupted"
  | "retry"
  | "failed"
  | "needs_attention"
  | "paused"
  | "landed"
  | "completed"
  | "approved"
  | "rejected"
  | "reset"
  | "cancelled"
  | "restored"
  | "archived"
  | "deleted";

/** One thing that happened to one spec. */
export interface SpecHappening {
  /** Wall time in milliseconds since 1970. */
  readonly atMs: number;
  readonly kind: HappeningKind;
  readonly id: SpecId;
  /** A clause: why, or what it is about. */
  readonly text?: string;
  /** The author of its commit. */
  readonly by?: string;
  readonly agent?: string;
  readonly run?: string;
  readonly attempt?: number;
  readonly commit?: string;
}

export const onOneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/** Returns what the journal keeps of an event: nothing of most, and of an archiving one line for each spec. */
export function happeningsOf(event: ChantEvent): readonly SpecHappening[] {
  const { at: atMs, kind } = event;
  if (kind === "run_started") {
    const { id, agent, attempt, run } = event;
    return [{ atMs, kind: "started", id, agent, attempt, run }];
  }
  if (kind === "landed") {
    const { id, commit, target, run, agent } = event;
    return [{ atMs, kind, id, text: `on ${target}`, commit, ...named({ run, agent }) }];
  }
  // One that is tried again is told as its retry.
  if ((kind === "failed" && event.again !== true) || kind === "needs_attention" || kind === "interrupted") {
    return [{ atMs, kind, id: event.id, text: onOneLine(event.reason) }];
  }
  if (kind === "retry_scheduled") {
    const text = `${event.n} of ${event.of}, after: ${onOneLine(event.reason)}`;
    return [{ atMs, kind: "retry", id: event.id, text }];
  }
  if (kind === "gate_failed" && event.again === true) {
    return [{ atMs, kind: "retry", id: event.id, text: `after: ${onOneLine(event.reason)}` }];
  }
  if (kind === "paused") return [{ atMs, kind, id: event.id }];
  if (kind === "completed_driver") {
    return [{ atMs, kind: "completed", id: event.id, text: "with its last member" }];
  }
  if (kind === "archived") {
    return event.ids.map((id) => ({ atMs, kind, id, text: `to ${event.location}` }));
  }
  // The rest is about chant itself, or in between.
  return [];
}

const named = <T extends object>(fields: T): { readonly [K in keyof T]?: NonNullable<T[K]> } =>
  // Checked: what is left has a value.
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: NonNullable<T[K]>;
  };

/** Names a happening so that whoever tells of it a second time, as after a crash, is known to say the same. */
export function happeningKey({ kind, id, run, commit, atMs }: SpecHappening): string {
  const isOnceARun = kind === "started" || kind === "landed";
  return [kind, id, isOnceARun ? (run ?? commit ?? atMs) : atMs].join(" ");
}
