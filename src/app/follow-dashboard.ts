import { join } from "node:path";
import type { Clock } from "../kit/clock.ts";
import { same } from "../kit/same.ts";
import { delay } from "../host/clock.ts";
import { Inbox } from "../host/inbox.ts";
import { SPEC_FOLDER } from "../store/places.ts";
import { type Dashboard, readDashboard } from "./dashboard.ts";
import { readRecords } from "./engine/record.ts";
import { OverviewMemory } from "./overview.ts";
import type { Workspace } from "./workspace.ts";

export interface FollowRequest {
  readonly clock: Clock;
  /** Ends the following. */
  readonly signal: AbortSignal;
}

/** The safety net under the file events, in milliseconds: while runs are under way, whose processes may die, and else. */
const POLL_MS = { underWay: 2_000, idle: 5_000 } as const;

/** The least time between two looks, in milliseconds: agents may print all the time. */
const LEAST_MS = 150;

/** A look at many specs takes its time: it is followed by so many times as long without one. */
const REST_TIMES = 8;

/**
 * Passes on how everything stands, now and whenever it changes, until it is told to end. File events say when to look; a
 * look at what did not change starts no process.
 * @throws ChantError NOT_INITIALISED
 */
export async function followDashboard(
  workspace: Workspace,
  { clock, signal }: FollowRequest,
  onChange: (dashboard: Dashboard) => void,
): Promise<void> {
  const memory = new OverviewMemory(workspace.places);
  using inbox = new Inbox();
  const wake = (): void => inbox.wake();
  signal.addEventListener("abort", wake, { once: true });
  let shown: Dashboard | undefined;
  let watched: readonly string[] = [];
  try {
    while (!signal.aborted) {
      const folders = await foldersOf(workspace);
      for (const gone of watched.filter((each) => !folders.includes(each))) inbox.unwatch(gone);
      for (const folder of folders) inbox.watch(folder);
      watched = folders;
      const lookedMs = clock.monotonicMs();
      const now = await readDashboard(workspace, clock, memory);
      const tookMs = clock.monotonicMs() - lookedMs;
      if (shown === undefined || !same({ ...now, atMs: 0 }, { ...shown, atMs: 0 })) onChange(now);
      shown = now;
      await delay(Math.max(LEAST_MS, REST_TIMES * tookMs), signal).catch(() => undefined);
      await inbox.wait(now.running.length > 0 ? POLL_MS.underWay : POLL_MS.idle);
    }
  } finally {
    signal.removeEventListener("abort", wake);
  }
}

/** Where something happens when anything changes: specs, runs and their logs, ticks in worktrees, branches. */
async function foldersOf({ places, repo }: Workspace): Promise<readonly string[]> {
  const worktrees = [...(await readRecords(places)).values()].flatMap(({ worktree }) => worktree ?? []);
  return [
    places.specs,
    places.records,
    places.inbox,
    places.logs,
    join(repo.commonDir, "refs", "heads"),
    repo.gitDir,
    ...worktrees.map((worktree) => join(worktree, SPEC_FOLDER)),
  ];
}
