import { isSpecId } from "./id.ts";
import type { SpecId } from "./id.ts";
import { WrongShape } from "./spec-fields.ts";
import type { SpecFields } from "./spec-fields.ts";
import { STATUSES } from "./status.ts";
import type { Status } from "./status.ts";

/** What a spec's file says about where it stands. */
export type SpecStatus = Status;

/** What kind of work a spec asks for. A `group` is a `driver` under the name the Rust chant gives it. */
export type SpecType = "code" | "task" | "driver" | "group" | "documentation" | "research" | "conflict";

/** The gate in front of a start. Times are ISO 8601. */
export interface Approval {
  readonly required: boolean;
  readonly status: "pending" | "approved" | "rejected";
  readonly by?: string;
  readonly at?: string;
  /** What was approved, as `specHash` computes it; absent on approvals by the Rust chant. */
  readonly specHash?: string;
  readonly reason?: string;
  /** Whether what its run makes lands only when a person has approved that as well. */
  readonly result?: boolean;
  /** Who started it past the gate, and when. */
  readonly skippedBy?: string;
  readonly skippedAt?: string;
}

/** What a run has cost. */
export interface Usage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly costUsd?: number;
}

/** What the front matter of a spec says, with defaults for what it does not say. */
export interface SpecFront {
  readonly type: SpecType;
  readonly status: SpecStatus;
  readonly dependsOn: readonly SpecId[];
  readonly labels: readonly string[];
  readonly targetFiles: readonly string[];
  readonly context: readonly string[];
  readonly prompt?: string;
  readonly agent?: string;
  readonly model?: string;
  /** Higher goes first; without one it counts as 0. */
  readonly priority?: number;
  readonly approval?: Approval;
  readonly branch?: string;
  readonly target?: string;
  readonly commits: readonly string[];
  /** ISO 8601. */
  readonly completedAt?: string;
  /** ISO 8601. */
  readonly cancelledAt?: string;
  readonly usage?: Usage;
  readonly autoCompleted: boolean;
  readonly attention?: { readonly reason: string; readonly at?: string };
  readonly retry?: { readonly attempts: number; readonly nextAt?: string; readonly lastError?: string };
  readonly noChanges?: boolean;
  /** Path of the JSON schema that the agent's output must match. */
  readonly outputSchema?: string;
}

/** The types that a file may name. */
export const SPEC_TYPES: readonly SpecType[] = [
  "code",
  "task",
  "driver",
  "group",
  "documentation",
  "research",
  "conflict",
];

// The Rust chant stores two that are only ever computed here.
const COMPUTED_STATUSES = ["ready", "blocked"] as const;

/** The keys of front matter that chant reads or writes. */
export const KNOWN_KEYS: ReadonlySet<string> = new Set(
  `type status depends_on labels target_files context prompt agent model priority approval branch target commits
  completed_at cancelled_at usage auto_completed attention retry no_changes output_schema tracks informed_by origin members derived_fields`.split(
    /\s+/,
  ),
);

/**
 * Reads the known keys of a spec's front matter.
 * @throws WrongShape when a value has not the shape of its key.
 */
export function readSpecFront(fields: SpecFields): SpecFront {
  const status = fields.word<Status | (typeof COMPUTED_STATUSES)[number]>("status", [
    ...STATUSES,
    ...COMPUTED_STATUSES,
  ]);
  return present({
    type: fields.word("type", SPEC_TYPES) ?? "code",
    status: status === undefined || status === "ready" || status === "blocked" ? "pending" : status,
    dependsOn: readDependsOn(fields),
    labels: fields.list("labels"),
    targetFiles: fields.list("target_files"),
    context: fields.list("context"),
    prompt: fields.text("prompt"),
    agent: fields.text("agent"),
    model: fields.text("model"),
    priority: fields.number("priority"),
    approval: readApproval(fields),
    branch: fields.text("branch"),
    target: fields.text("target"),
    commits: fields.list("commits"),
    completedAt: fields.text("completed_at"),
    cancelledAt: fields.text("cancelled_at"),
    usage: readUsage(fields),
    autoCompleted: fields.flag("auto_completed") ?? false,
    attention: readAttention(fields),
    retry: readRetry(fields),
    noChanges: fields.flag("no_changes"),
    outputSchema: fields.text("output_schema"),
  });
}

type OptionalKeys<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];
type Present<T> = { [K in Exclude<keyof T, OptionalKeys<T>>]: T[K] } & {
  [K in OptionalKeys<T>]?: Exclude<T[K], undefined>;
};

/** Leaves out what is undefined, so that absent and undefined are one thing. */
const present = <T extends object>(fields: T): Present<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;

function readDependsOn(fields: SpecFields): readonly SpecId[] {
  const ids = fields.list("depends_on");
  const wrong = ids.find((id) => !isSpecId(id));
  if (wrong === undefined) return ids;
  if (/^[\w-]+:./.test(wrong)) {
    const words = `"depends_on" names ${JSON.stringify(wrong)}, which is in another repository`;
    throw new WrongShape("depends_on", `${words}; a spec can wait for specs of its own only.`);
  }
  throw new WrongShape("depends_on", `"depends_on" names ${JSON.stringify(wrong)}, which cannot be an id.`);
}

function readApproval(fields: SpecFields): Approval | undefined {
  const map = fields.map("approval");
  if (map === undefined) return undefined;
  const result = map.flag("result");
  // Somebody who writes about an approval wants one; who writes about the result's alone wants that alone.
  const isOfStart = result === undefined || map.text("status") !== undefined;
  return present({
    required: map.flag("required") ?? isOfStart,
    status: map.word("status", ["pending", "approved", "rejected"]) ?? "pending",
    by: map.text("by"),
    at: map.text("at"),
    specHash: map.text("spec_hash"),
    reason: map.text("reason"),
    result,
    skippedBy: map.text("skipped_by"),
    skippedAt: map.text("skipped_at"),
  });
}

function readUsage(fields: SpecFields): Usage | undefined {
  const map = fields.map("usage");
  return (
    map &&
    present({
      inputTokens: map.number("input_tokens"),
      outputTokens: map.number("output_tokens"),
      costUsd: map.number("cost_usd"),
    })
  );
}

function readAttention(fields: SpecFields): SpecFront["attention"] {
  if (fields.isText("attention")) return { reason: fields.text("attention") ?? "" };
  const map = fields.map("attention");
  return map && present({ reason: map.text("reason") ?? "", at: map.text("at") });
}

function readRetry(fields: SpecFields): SpecFront["retry"] {
  const map = fields.map("retry");
  return (
    map &&
    present({
      attempts: map.number("attempts") ?? 0,
      nextAt: map.text("next_at"),
      lastError: map.text("last_error"),
    })
  );
}
