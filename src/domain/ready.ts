import { plural } from "../kit/text.ts";
import { unreachable } from "../kit/unreachable.ts";
import { unmetDependencies, waitsForText } from "./graph.ts";
import type { DependencyState } from "./graph.ts";
import { compareIds } from "./id.ts";
import type { SpecId } from "./id.ts";
import { isBroken } from "./spec.ts";
import type { BrokenSpec, Spec } from "./spec.ts";

/** What readiness depends on besides the spec itself. */
export interface ReadyContext {
  /** How dependencies stand, as seen from the target. */
  readonly stateOf: (id: SpecId) => DependencyState;
  /** All members of a driver, and of those the ones that are neither completed nor cancelled. */
  readonly members?: { readonly all: number; readonly open: number };
  /** Words for what a spec waits for, where more is known than the state of its dependencies. */
  readonly heldBack?: (id: SpecId) => string | undefined;
  /** Who works on the spec now, in words such as "process 4711". */
  readonly heldBy?: string;
  /** Why its approval keeps it from starting, as `whyNotApproved` says it. */
  readonly notApproved?: string | undefined;
  /** Which commands may run here; where it is left out, none is asked about. */
  readonly trust?: Trust;
}

/** The commands that a person lets run here, and those that make a worktree ready and take it down. */
export interface Trust {
  readonly commands: ReadonlySet<string>;
  readonly setup: readonly string[];
  readonly teardown: readonly string[];
}

/** Returns why `work` may not take a spec, as a clause to be put behind "skipped: "; undefined when it may. */
export function whyNotReady(spec: Spec | BrokenSpec, context: ReadyContext): string | undefined {
  if (isBroken(spec)) return whyBroken(spec);
  if (context.heldBy !== undefined) return `it is being worked on by ${context.heldBy}`;
  return (
    whyNotByStatus(spec) ??
    whyDriver(context) ??
    context.notApproved ??
    whyUntrusted(spec, context) ??
    whyBlocked(spec, context)
  );
}

const whyBroken = ({ line, column, message }: BrokenSpec): string =>
  `it is broken at line ${line}, column ${column}: ${message.replace(/\.$/, "")}`;

function whyNotByStatus({ status }: Spec): string | undefined {
  switch (status) {
    case "pending":
      return undefined;
    case "in_progress":
      return "it is in progress";
    case "paused":
      return "it is paused";
    case "failed":
      return "it has failed, and waits to be resumed or reset";
    case "needs_attention":
      return "it needs attention";
    case "completed":
      return "it is completed";
    case "cancelled":
      return "it is cancelled";
    default:
      return unreachable(status);
  }
}

/** A driver is never worked itself: its members are, and it completes with them. */
function whyDriver({ members: { all, open } = { all: 0, open: 0 } }: ReadyContext): string | undefined {
  if (open > 0) return `it is a driver with ${plural(open, "open member")}, worked instead`;
  return all > 0 ? "it is a driver, and none of its members is open" : undefined;
}

/** Whether the commands may run that belong to it is settled before its agent starts. */
export function whyUntrusted({ criteria }: Spec, { trust }: Pick<ReadyContext, "trust">): string | undefined {
  if (trust === undefined) return undefined;
  const named = [
    ...criteria.map(({ check }) => ({ what: "its check", command: check })),
    ...trust.setup.map((command) => ({ what: "the set-up of its worktree", command })),
    ...trust.teardown.map((command) => ({ what: "the teardown of its worktree", command })),
  ];
  const found = named.find(({ command }) => command !== undefined && !trust.commands.has(command));
  if (found === undefined) return undefined;
  return `nobody has let ${found.what} ${JSON.stringify(found.command)} run here yet (chant trust commands)`;
}

function whyBlocked(spec: Spec, context: ReadyContext): string | undefined {
  const unmet = unmetDependencies(spec, context.stateOf);
  if (unmet.length === 0) return undefined;
  return context.heldBack?.(spec.id) ?? `it ${waitsForText(unmet)}`;
}

/** What `selectStarts` chooses from. */
export interface StartChoice {
  /** Specs that are ready, in any order. */
  readonly candidates: readonly Pick<Spec, "id" | "priority">[];
  /** How many run now. */
  readonly running: number;
  /** How many may run at once. */
  readonly slots: number;
}

/** Returns the specs to start now, in order: the highest priority first, then by id; never more than there are free slots. */
export function selectStarts({ candidates, running, slots }: StartChoice): readonly SpecId[] {
  return candidates
    .toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0) || compareIds(a.id, b.id))
    .slice(0, Math.max(0, slots - running))
    .map(({ id }) => id);
}
