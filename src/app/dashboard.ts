import type { Clock } from "../kit/clock.ts";
import { localDay } from "../kit/local-time.ts";
import type { SpecId } from "../domain/id.ts";
import { isBroken } from "../domain/spec.ts";
import { branchOfHead } from "../git/repository.ts";
import { specLogFile } from "../store/places.ts";
import { lastSaid, type Said } from "./live-runs.ts";
import {
  type OverviewMemory,
  readOverview,
  type ShownStatus,
  type SpecView,
  type WaitedFor,
} from "./overview.ts";
import type { LimitWait, RunState, RunView } from "./run-view.ts";
import {
  countStatuses,
  needsPerson,
  type StatusCounts,
  type Stopped,
  stoppedOf,
  stopReason,
} from "./standing.ts";
import { watchStatus, type WatchStatus } from "./watch-control.ts";
import type { Workspace } from "./workspace.ts";

/** How everything stands at one moment: plain data, drawn elsewhere. Times are wall time, milliseconds since 1970. */
export interface Dashboard {
  readonly atMs: number;
  /** The checkout. */
  readonly home: string;
  /** The branch that it is on; absent when HEAD is detached. */
  readonly branch?: string;
  readonly watch?: NonNullable<WatchStatus["running"]>;
  readonly counts: StatusCounts;
  /** What moves now, the oldest first. */
  readonly running: readonly RunningSpec[];
  /** What needs a person, and why. */
  readonly attention: readonly Stopped[];
  /** What goes on by itself once something else has happened. */
  readonly waiting: readonly WaitingSpec[];
  /** Completed on this local day, the newest first. */
  readonly landedToday: readonly LandedSpec[];
  /** Every spec, sorted by id. */
  readonly specs: readonly SpecLine[];
}

export interface SpecLine {
  readonly id: SpecId;
  readonly title: string;
  readonly status: ShownStatus;
  readonly criteria: SpecView["criteria"];
}

export interface RunningSpec {
  readonly id: SpecId;
  readonly title: string;
  readonly criteria: SpecView["criteria"];
  /** Absent where a person works on it. */
  readonly run?: {
    readonly state: RunState;
    readonly attempt: number;
    readonly agent: string;
    readonly startedAtMs: number;
    /** False when nobody is there to land it. */
    readonly isAttended: boolean;
    /** What its agent printed last. */
    readonly last?: Said;
  };
}

/** What a spec waits for. */
export type Wait =
  /** Something of the user's is in the way of its landing. */
  | { readonly kind: "landing"; readonly reason: string; readonly files: readonly string[] }
  /** Retry `n` of `of`, 0 of 0 by a person's word. */
  | {
      readonly kind: "retry";
      readonly n: number;
      readonly of: number;
      readonly atMs: number;
      readonly reason: string;
      /** It waits for the limit of its account. */
      readonly limit?: LimitWait;
    }
  /** Nobody coordinates its run any more. */
  | { readonly kind: "takeover"; readonly state: RunState }
  | { readonly kind: "dependencies"; readonly dependencies: readonly WaitedFor[] }
  /** A person paused it, and somebody may have taken its worktree over. */
  | { readonly kind: "paused"; readonly reason?: string; readonly by?: string }
  /** Anything else that keeps `work` from taking it, as a clause. */
  | { readonly kind: "other"; readonly reason: string };

export type WaitingSpec = { readonly id: SpecId; readonly title: string } & Wait;

export interface LandedSpec {
  readonly id: SpecId;
  readonly title: string;
  readonly atMs: number;
}

/**
 * Reads how everything stands, from the same overview as `list`, `status` and `why`. With a memory only what changed is
 * read again, and no git process starts when nothing did.
 * @throws ChantError NOT_INITIALISED
 */
export async function readDashboard(
  workspace: Workspace,
  clock: Clock,
  memory?: OverviewMemory,
): Promise<Dashboard> {
  const { repo, places } = workspace;
  const [{ specs }, watch, ref] = await Promise.all([
    readOverview(workspace, { memory }),
    watchStatus(workspace),
    branchOfHead(repo.gitDir),
  ]);
  const moving = specs.filter((view) => view.run !== undefined && isMoving(view.run));
  const said = new Map<SpecId, Said>();
  for (const { id } of moving) {
    const last = await lastSaid(specLogFile(places.logs, id));
    if (last !== undefined) said.set(id, last);
  }
  return {
    atMs: clock.nowMs(),
    home: repo.home,
    ...(ref === undefined ? {} : { branch: ref.replace(/^refs\/heads\//, "") }),
    ...(watch.running === undefined ? {} : { watch: watch.running }),
    ...dashboardOf(specs, said, localDay(clock.nowMs())),
  };
}

/** Sorts specs into what a dashboard shows; each stands in one group at most, and all of them in `specs`. */
export function dashboardOf(
  specs: readonly SpecView[],
  said: ReadonlyMap<SpecId, Said>,
  today: string,
): Pick<Dashboard, "counts" | "running" | "attention" | "waiting" | "landedToday" | "specs"> {
  return {
    counts: countStatuses(specs),
    running: specs
      .filter(isRunning)
      .map((view) => runningOf(view, said.get(view.id)))
      .toSorted((a, b) => (a.run?.startedAtMs ?? 0) - (b.run?.startedAtMs ?? 0)),
    attention: specs.filter(needsPerson).map(stoppedOf),
    waiting: specs
      .flatMap((view): readonly WaitingSpec[] => {
        const wait = waitOf(view);
        return wait === undefined ? [] : [{ id: view.id, title: view.title, ...wait }];
      })
      .toSorted((a, b) => WAITS.indexOf(a.kind) - WAITS.indexOf(b.kind) || dueMs(a) - dueMs(b)),
    landedToday: specs.flatMap((view) => landedOn(view, today)).toSorted((a, b) => b.atMs - a.atMs),
    specs: specs.map(({ id, title, status, criteria }) => ({ id, title, status, criteria })),
  };
}

/** In the order in which they are shown: what a person can help first. */
const WAITS: readonly Wait["kind"][] = ["landing", "takeover", "retry", "paused", "dependencies", "other"];

const dueMs = (wait: Wait): number => (wait.kind === "retry" ? wait.atMs : 0);

const isMoving = ({ state }: RunView): boolean =>
  !["waiting", "retrying", "finished", "interrupted", "parked"].includes(state);

const isRunning = (view: SpecView): boolean =>
  view.status === "in_progress" && (view.run === undefined || isMoving(view.run));

function runningOf({ id, title, criteria, run }: SpecView, last: Said | undefined): RunningSpec {
  if (run === undefined) return { id, title, criteria };
  const { state, attempt, agent, startedAtMs, owner } = run;
  const of = { state, attempt, agent, startedAtMs, isAttended: owner.isAlive };
  return { id, title, criteria, run: last === undefined ? of : { ...of, last } };
}

function waitOf(view: SpecView): Wait | undefined {
  const { run, status, waitsFor, notReady } = view;
  if (needsPerson(view)) return undefined;
  if (run?.state === "waiting") {
    return { kind: "landing", reason: run.waits?.reason ?? "", files: run.waits?.files ?? [] };
  }
  if (run?.state === "retrying" && run.retry !== undefined) {
    const { n, of, atMs, reason } = run.retry;
    return { kind: "retry", n, of, atMs, reason, ...(run.limit === undefined ? {} : { limit: run.limit }) };
  }
  const isLeft = run?.state === "finished" || run?.state === "interrupted";
  if (isLeft) return { kind: "takeover", state: run.state };
  if (status === "blocked") return { kind: "dependencies", dependencies: waitsFor };
  if (status === "paused") {
    const reason = stopReason(view);
    const by = run?.takenOver?.by;
    return {
      kind: "paused",
      ...(reason === undefined ? {} : { reason }),
      ...(by === undefined ? {} : { by }),
    };
  }
  return status === "pending" && notReady !== undefined ? { kind: "other", reason: notReady } : undefined;
}

function landedOn({ id, title, status, spec }: SpecView, today: string): readonly LandedSpec[] {
  if (status !== "completed" || isBroken(spec) || spec.completedAt === undefined) return [];
  const atMs = Date.parse(spec.completedAt);
  return Number.isNaN(atMs) || localDay(atMs) !== today ? [] : [{ id, title, atMs }];
}
