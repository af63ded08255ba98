import { unreachable } from "../kit/unreachable.ts";
import type { HappeningKind } from "./history.ts";
import { onOneLine } from "./history.ts";
import { type BrokenSpec, isBroken, type Spec } from "./spec.ts";

/** One version of a spec in git's history: its file, and where it lay. */
export interface SpecVersion {
  readonly spec: Spec | BrokenSpec;
  readonly isArchived: boolean;
}

/** What a commit did to a spec, as far as a history tells it. */
export interface SpecChange {
  readonly kind: HappeningKind;
  readonly text?: string;
  readonly agent?: string;
}

/**
 * Returns what happened to a spec between two versions of it; undefined when nothing did that its status, place or
 * approval tells. `isLanding`: the commit proves that a run has landed.
 */
export function changeOf(
  before: SpecVersion | undefined,
  after: SpecVersion | undefined,
  isLanding: boolean,
): SpecChange | undefined {
  if (after === undefined) return before === undefined ? undefined : { kind: "deleted" };
  if (before === undefined) return addition(after, isLanding);
  if (after.isArchived !== before.isArchived) return { kind: after.isArchived ? "archived" : "restored" };
  if (isBroken(before.spec) || isBroken(after.spec)) return undefined;
  return statusChange(before.spec, after.spec, isLanding) ?? approvalChange(before.spec, after.spec);
}

/** A start commits a spec that was never committed before. */
function addition({ spec, isArchived }: SpecVersion, isLanding: boolean): SpecChange {
  const change = isBroken(spec) || isArchived ? undefined : toStatus(spec, isLanding);
  // What is completed when it comes was not completed here.
  return change?.kind === "started" || change?.kind === "landed" ? change : { kind: "added" };
}

function statusChange(before: Spec, after: Spec, isLanding: boolean): SpecChange | undefined {
  if (before.status === after.status) return undefined;
  if (after.status === "pending") return { kind: before.status === "cancelled" ? "restored" : "reset" };
  if (after.status === "in_progress" && before.status !== "pending") return { kind: "resumed" };
  return toStatus(after, isLanding);
}

function toStatus({ status, attention, agent, autoCompleted }: Spec, isLanding: boolean): SpecChange {
  switch (status) {
    case "pending":
      return { kind: "reset" };
    case "in_progress":
      return { kind: "started" };
    case "completed":
      if (autoCompleted) return { kind: "completed", text: "with its last member" };
      return isLanding
        ? { kind: "landed", ...(agent === undefined ? {} : { agent }) }
        : { kind: "completed" };
    case "failed":
    case "needs_attention":
      return { kind: status, ...(attention === undefined ? {} : { text: onOneLine(attention.reason) }) };
    case "paused":
    case "cancelled":
      return { kind: status };
    default:
      return unreachable(status);
  }
}

function approvalChange({ approval: before }: Spec, { approval: after }: Spec): SpecChange | undefined {
  if (after === undefined || (after.status === before?.status && after.at === before.at)) return undefined;
  return after.status === "approved" || after.status === "rejected" ? { kind: after.status } : undefined;
}
