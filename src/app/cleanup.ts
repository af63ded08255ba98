import type { ChantEvent } from "../domain/event.ts";
import { hasCode } from "../host/files.ts";
import { isChantError } from "../kit/errors.ts";
import { findBranches } from "./cleanup/branches.ts";
import type { CleanupStep, Finding } from "./cleanup/finding.ts";
import { findLocks, findPrograms, findStrays } from "./cleanup/leftovers.ts";
import { findLogs } from "./cleanup/logs.ts";
import { findSnapshots } from "./cleanup/snapshots.ts";
import { findWorktrees } from "./cleanup/worktrees.ts";
import { openSession } from "./engine/session.ts";
import { requireInitialised, type Workspace } from "./workspace.ts";

export interface CleanedUp {
  /** All that was found, also what is only listed. */
  readonly findings: readonly Finding[];
  /** What was carried out, by name; none in a dry run, or where nobody said yes. */
  readonly done: readonly string[];
  /** What could not be carried out, and was told. */
  readonly failed: readonly string[];
}

export interface CleanupRequest {
  /** Only says what would be done. */
  readonly isDryRun: boolean;
  /** Asked once, with all that was found, before anything is done. */
  readonly confirm: (findings: readonly Finding[]) => boolean;
}

/** A place that is not to be written to, as somebody else's. */
const isRefused = (error: unknown): error is Error =>
  hasCode(error, "EACCES", "EPERM", "EROFS", "EBUSY", "ENOTEMPTY");

/** What is removed first may make more removable: a worktree that goes leaves nothing, a branch leaves a snapshot. */
const FINDERS = [findWorktrees, findBranches, findLocks, findSnapshots, findLogs, findPrograms, findStrays];

/**
 * Finds what is no longer needed, and removes it. Nothing goes that stands nowhere else: it is kept in a snapshot first.
 * Each step looks again before it does anything, and may be done again after a kill.
 */
export async function cleanup(
  workspace: Workspace,
  request: CleanupRequest,
  onEvent: (event: ChantEvent) => void,
): Promise<CleanedUp> {
  await requireInitialised(workspace);
  using session = await openSession(workspace.repo, onEvent);
  const steps: CleanupStep[] = [];
  for (const find of FINDERS) steps.push(...(await find(session)));
  const findings: readonly Finding[] = steps;
  const hasWork = steps.some(({ apply }) => apply !== undefined);
  if (request.isDryRun || !hasWork || !request.confirm(findings)) return { findings, done: [], failed: [] };
  const done: string[] = [];
  const failed: string[] = [];
  for (const { name, apply } of steps) {
    try {
      if ((await apply?.(session)) === true) done.push(name);
    } catch (error) {
      if (!isChantError(error) && !isRefused(error)) throw error;
      session.engine.emit({ kind: "warning", message: `${name} is left as it is: ${error.message}` });
      failed.push(name);
    }
  }
  return { findings, done, failed };
}
