import { unreachable } from "../kit/unreachable.ts";
import { type UnmetDependency, waitsForText } from "./graph.ts";
import type { SpecId } from "./id.ts";
import type { Status } from "./status.ts";

/** What is known of whatever a spec waits for. */
export interface HoldContext {
  /** Its unmet dependencies, and for a driver its open members; empty when it waits for nothing. */
  readonly unmetOf: (id: SpecId) => readonly UnmetDependency[];
  /** As a person sees it, a run that is parked included; undefined when there is no such spec. */
  readonly statusOf: (id: SpecId) => Status | undefined;
}

/**
 * Says why a spec could not start, as a clause: what it waits for, and behind that what stopped. Undefined when it
 * waits for nothing. What has failed is named before what is merely open, and the nearest before the farthest.
 */
export function heldBackText(id: SpecId, context: HoldContext): string | undefined {
  const first = context.unmetOf(id);
  const [nearest] = first;
  if (nearest === undefined) return undefined;
  const through = new Map<SpecId, UnmetDependency>(first.map((each) => [each.id, each]));
  const open = [...first];
  let stopped: SpecId | undefined;
  for (let next = open.shift(); next !== undefined && stopped === undefined; next = open.shift()) {
    if (stopOf(context.statusOf(next.id)) !== undefined) stopped = next.id;
    for (const each of context.unmetOf(next.id)) {
      if (through.has(each.id)) continue;
      // Remembered by the dependency of the spec's own through which it holds.
      through.set(each.id, through.get(next.id) ?? next);
      open.push(each);
    }
  }
  if (stopped === undefined) return `it ${waitsForText(first)}`;
  const own = through.get(stopped) ?? nearest;
  const why = stopOf(context.statusOf(stopped)) ?? own.why;
  if (own.id === stopped) return `it waits for ${stopped}, which ${why}`;
  return `it waits for ${own.id}, which is held back by ${stopped}, which ${why}`;
}

/** What keeps a spec from completing by itself, in words; undefined when it is merely not there yet. */
function stopOf(status: Status | undefined): string | undefined {
  switch (status) {
    case undefined:
      return "does not exist";
    case "failed":
      return "has failed";
    case "needs_attention":
      return "needs attention";
    case "paused":
      return "is paused";
    case "cancelled":
      return "is cancelled";
    case "pending":
    case "in_progress":
    case "completed":
      return undefined;
    default:
      return unreachable(status);
  }
}
