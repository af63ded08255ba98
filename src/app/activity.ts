import type { SpecHappening } from "../domain/history.ts";
import { readHistory, withoutVersion } from "./history.ts";
import { requireId, type Workspace } from "./workspace.ts";

export interface ActivityRequest {
  /** From when on: milliseconds since 1970. */
  readonly sinceMs?: number;
  /** A part of the name of who did it: the author of a commit, or an agent. */
  readonly by?: string;
  /** A part of an id. */
  readonly spec?: string;
  /** At most so many, the newest. */
  readonly limit: number;
}

export interface Activity {
  /** Oldest first. */
  readonly happenings: readonly SpecHappening[];
  readonly warning?: string;
}

/**
 * Returns what happened here, from git and the journal.
 * @throws ChantError NOT_INITIALISED, SPEC_UNKNOWN, SPEC_AMBIGUOUS
 */
export async function activity(
  workspace: Workspace,
  { sinceMs = 0, by, spec, limit }: ActivityRequest,
): Promise<Activity> {
  const id = spec === undefined ? undefined : await requireId(workspace, spec);
  const { happenings, warning } = await readHistory(workspace, {
    sinceMs,
    ...(id === undefined ? {} : { id }),
    // A few more: what the journal tells too may be a little older there.
    ...(by === undefined ? { limit: limit + 20 } : {}),
  });
  const wanted = by?.toLowerCase();
  const isWanted = (each: SpecHappening): boolean =>
    wanted === undefined ||
    [each.by, each.agent].some((name) => name?.toLowerCase().includes(wanted) === true);
  return {
    happenings: happenings.filter(isWanted).slice(-limit).map(withoutVersion),
    ...(warning === undefined ? {} : { warning }),
  };
}
