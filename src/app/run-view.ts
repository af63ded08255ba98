import { unreachable } from "../kit/unreachable.ts";
import { isAlive, type ProcessIdentity } from "../host/identity.ts";
import type { Places } from "../store/places.ts";
import type { RunningCheck } from "./engine/launch.ts";
import { readAgentFile, readChecks, readEnd, readRunner } from "./engine/launch-files.ts";
import { type DueLaunch, type ParkedStatus, type RunRecord, runFolder, type Waits } from "./engine/record.ts";
import { accountIdOf } from "./engine/run-state.ts";

/*
 *  starting --> working --> judging --> landing --> (over)
 *                  |  |        |          |  ^
 *                  |  v        |          v  |
 *                  | checking  |        waiting, gating   for the user's own edits, which its landing would touch, or a decision
 *                  |           |                      (its agent is done, and the checks of its criteria run)
 *                  |           '------> finished      judged, or about to be, but nobody is there to land it
 *                  '------------------> interrupted   neither a coordinator nor a runner is there
 *  pausing --> parked: paused, failed, or needs attention; a person decides
 */
export type RunState =
  | "starting"
  | "working"
  /** Its agent is done, and the checks of its criteria run. */
  | "checking"
  | "judging"
  | "landing"
  /** Its gates run, or wait for their turn. */
  | "gating"
  | "waiting"
  /** It failed, or could not be started, and is tried again at a set time. */
  | "retrying"
  /** A person paused it; its agent is being stopped. */
  | "pausing"
  /** A person gave it up; it is being cleared away. */
  | "retiring"
  | "finished"
  | "interrupted"
  | "parked";

/** A run that is not over, as its files and processes show it at this moment. */
export interface RunView {
  readonly state: RunState;
  /** Names the run for good. */
  readonly run: string;
  readonly attempt: number;
  readonly agent: string;
  /** Wall time, milliseconds since 1970. */
  readonly startedAtMs: number;
  /** The process that coordinates it, and lands it. */
  readonly owner: LiveProcess;
  /** The agent of the last launch, once it was started. */
  readonly agentProcess?: LiveProcess;
  /** The check of its criteria that runs now. */
  readonly check?: RunningCheck;
  readonly target: string;
  readonly branch: string;
  readonly worktree?: string;
  /** It had a worktree, whose folder somebody removed. */
  readonly isWorktreeGone?: boolean;
  /** What holds its landing back. */
  readonly waits?: Omit<Waits, "isPassing">;
  /** The commit from which it started, and the one that was judged. */
  readonly base?: string;
  readonly tip?: string;
  /** How often its gates ran for nothing, as the target had moved. */
  readonly gateRaces?: number;
  /** The retry that it waits for, or is. */
  readonly retry?: RunRetry;
  /** The limit of its account for which it waits; wall time in milliseconds. */
  readonly limit?: LimitWait;
  /** Why it waits for a person. */
  readonly parked?: { readonly status: ParkedStatus; readonly reason: string };
  /** What a loss of power has damaged. */
  readonly damaged?: NonNullable<RunRecord["damaged"]>;
  /** A person works in its worktree. */
  readonly takenOver?: { readonly by: string; readonly atMs: number };
}

/** A retry that is due at the wall time `atMs`: number `n` of at most `of`, 0 of 0 by a person's word. */
export interface RunRetry extends Omit<DueLaunch, "start"> {
  /** No agent has failed: it could not be started. */
  readonly isStart?: true;
}

const retryOf = ({ start, ...retry }: DueLaunch): RunRetry =>
  start === undefined ? retry : { ...retry, isStart: true };

/** Whose limit is waited for, and until when. */
export interface LimitWait {
  readonly account: string;
  readonly untilMs: number;
}

/** Returns for whose limit a run waits; undefined when it waits for none. */
export function limitWaitOf(record: RunRecord): LimitWait | undefined {
  const { phase, retry } = record;
  if (phase !== "retrying" || retry?.resetsAtMs === undefined) return undefined;
  return { account: accountIdOf(record), untilMs: retry.resetsAtMs };
}

export interface LiveProcess {
  readonly pid: number;
  readonly isAlive: boolean;
}

const processOf = (identity: ProcessIdentity): LiveProcess => ({
  pid: identity.pid,
  isAlive: isAlive(identity),
});

/** Looks at a run: what its record says, and which of its processes live. */
export async function viewRun(places: Places, record: RunRecord): Promise<RunView> {
  const folder = runFolder(places, record);
  const [runner, agent, end, checks] =
    record.launch === 0
      ? []
      : await Promise.all([
          readRunner(folder, record.launch),
          readAgentFile(folder, record.launch),
          readEnd(folder, record.launch),
          // One that cannot be read is as good as none for whoever only looks.
          readChecks(folder).catch(() => undefined),
        ]);
  const owner = processOf(record.owner);
  const limit = limitWaitOf(record);
  const isRunnerAlive = runner !== undefined && runner !== "void" && isAlive(runner);
  const state = stateOf(record, {
    isOwnerAlive: owner.isAlive,
    isRunnerAlive,
    wasRunner: runner !== undefined,
    hasEnded: end !== undefined,
    isChecking: checks !== undefined && checks.number > 0,
  });
  return {
    state,
    ...(state === "checking" && checks !== undefined ? { check: checkOf(checks) } : {}),
    run: record.run,
    attempt: record.attempt,
    agent: record.agent,
    startedAtMs: record.createdAtMs,
    owner,
    target: record.target,
    branch: record.branch,
    ...(agent === undefined ? {} : { agentProcess: processOf(agent.identity) }),
    ...(record.worktree === undefined ? {} : { worktree: record.worktree }),
    ...(record.waits === undefined ? {} : { waits: record.waits }),
    ...(record.base === undefined ? {} : { base: record.base }),
    ...(record.tip === undefined ? {} : { tip: record.tip }),
    ...(record.gate === undefined ? {} : { gateRaces: record.gate.races }),
    ...(record.retry === undefined ? {} : { retry: retryOf(record.retry) }),
    ...(limit === undefined ? {} : { limit }),
    ...(record.parked === undefined
      ? {}
      : { parked: { status: record.parked.status, reason: record.parked.reason } }),
    ...(record.damaged === undefined ? {} : { damaged: record.damaged }),
    ...(record.takenOver === undefined ? {} : { takenOver: record.takenOver }),
  };
}

const checkOf = ({ command, number, of, startedAtMs }: RunningCheck): RunningCheck => ({
  command,
  number,
  of,
  startedAtMs,
});

/** What of a run's files and processes decides its state. */
export interface RunSigns {
  readonly isOwnerAlive: boolean;
  readonly isRunnerAlive: boolean;
  /** A runner took the last launch, whether it lives or not. */
  readonly wasRunner: boolean;
  /** The last launch has its end file. */
  readonly hasEnded: boolean;
  readonly isChecking: boolean;
}

/** Tells a run's state; a run without a living process is never called working. */
export function stateOf(record: Pick<RunRecord, "phase" | "waits" | "gate">, signs: RunSigns): RunState {
  const { isOwnerAlive, isRunnerAlive, wasRunner, hasEnded, isChecking } = signs;
  switch (record.phase) {
    case "claimed":
      return isOwnerAlive ? "starting" : "interrupted";
    case "running":
      if (hasEnded) return isOwnerAlive ? "judging" : "finished";
      if (isRunnerAlive) return isChecking ? "checking" : "working";
      // Between two launches it is the coordinator that goes on with it.
      if (isOwnerAlive) return wasRunner ? "working" : "starting";
      return "interrupted";
    case "landing":
      if (record.waits !== undefined) return "waiting";
      if (!isOwnerAlive) return "finished";
      return record.gate?.isUnderWay === true ? "gating" : "landing";
    case "retrying":
      return "retrying";
    case "pausing":
      return isOwnerAlive ? "pausing" : "finished";
    case "retiring":
      return "retiring";
    case "parked":
      return "parked";
    default:
      return unreachable(record.phase);
  }
}
