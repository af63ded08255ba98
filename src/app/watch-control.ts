import type { SpecId } from "../domain/id.ts";
import { ChantError } from "../kit/errors.ts";
import { delay } from "../host/clock.ts";
import { statIfExists } from "../host/files.ts";
import { isAlive, isSameProcess } from "../host/identity.ts";
import { signalProcess } from "../host/spawn.ts";
import { readPidFile } from "../store/pid-file.ts";
import { readRecords } from "./engine/record.ts";
import { pidFileOf } from "./watch.ts";
import { type LimitWait, limitWaitOf } from "./run-view.ts";
import type { Workspace } from "./workspace.ts";

/** A retry that is due at the wall time `atMs`: number `n` of at most `of`, 0 of 0 by a person's word. */
export interface DueRetry {
  readonly id: SpecId;
  readonly n: number;
  readonly of: number;
  readonly atMs: number;
  readonly reason: string;
  /** The limit of its account for which it waits. */
  readonly limit?: LimitWait;
}

/** The watch of a repository, as it stands now. */
export interface WatchStatus {
  /** The process that watches; undefined when there is none. */
  readonly running?: {
    readonly pid: number;
    readonly version: string;
    /** Wall time, milliseconds since 1970. */
    readonly sinceMs: number;
  };
  /** What it has in its hands; other runs are a living `work`'s, or nobody's. */
  readonly watches: readonly SpecId[];
  /** Runs that are under way and that no living process coordinates. */
  readonly unattended: readonly SpecId[];
  /** The earliest first. */
  readonly retries: readonly DueRetry[];
}

export async function watchStatus({ repo, places }: Workspace): Promise<WatchStatus> {
  const path = pidFileOf(places);
  const file = await readPidFile(path, repo.commonDir);
  const stat = await statIfExists(path);
  const records = [...(await readRecords(places)).values()].filter(({ phase }) => phase !== "parked");
  const identity = file.kind === "running" ? file.watch.identity : undefined;
  const isWatched = (owner: (typeof records)[number]["owner"]): boolean =>
    identity !== undefined && isSameProcess(owner, identity);
  return {
    ...(file.kind === "running"
      ? {
          running: {
            pid: file.watch.identity.pid,
            version: file.watch.version,
            sinceMs: stat?.mtimeMs ?? 0,
          },
        }
      : {}),
    watches: records.filter(({ owner }) => isWatched(owner)).map(({ id }) => id),
    unattended: records.filter(({ owner }) => !isAlive(owner)).map(({ id }) => id),
    retries: records
      .flatMap((record): DueRetry[] => {
        const { id, phase, retry } = record;
        if (phase !== "retrying" || retry === undefined) return [];
        const limit = limitWaitOf(record);
        const { n, of, atMs, reason } = retry;
        return [{ id, n, of, atMs, reason, ...(limit === undefined ? {} : { limit }) }];
      })
      .toSorted((a, b) => a.atMs - b.atMs),
  };
}

/** How long a watch may take to leave in order, in milliseconds. */
const STOP_LIMIT_MS = 10_000;
const LOOK_MS = 20;

/**
 * Asks the watch to leave, and waits until it is gone. Agents go on. Returns its pid, or undefined when there is none.
 * @throws ChantError LOCK_BUSY when it is still there after `limitMs`
 */
export async function stopWatch(
  { repo, places }: Workspace,
  limitMs = STOP_LIMIT_MS,
): Promise<number | undefined> {
  const file = await readPidFile(pidFileOf(places), repo.commonDir);
  if (file.kind !== "running") return undefined;
  const { identity } = file.watch;
  signalProcess(identity.pid, "SIGTERM");
  for (const until = performance.now() + limitMs; isAlive(identity);) {
    if (performance.now() > until) {
      throw new ChantError(
        "LOCK_BUSY",
        `The watch (process ${identity.pid}) was asked to end, and has not within ${limitMs / 1000} s.`,
        { hint: `It may be in the middle of a landing. To end it all the same: kill ${identity.pid}` },
      );
    }
    await delay(LOOK_MS);
  }
  return identity.pid;
}
