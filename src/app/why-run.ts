import { formatDuration, plural } from "../kit/text.ts";
import { unreachable } from "../kit/unreachable.ts";
import type { SpecId } from "../domain/id.ts";
import { limitClause } from "../domain/limits.ts";
import type { SpecView } from "./overview.ts";
import type { LimitWait, RunView } from "./run-view.ts";
import { stopReason } from "./standing.ts";

/** Whole sentences, the most important first, and commands, the most useful first. */
export interface Reason {
  readonly reasons: readonly string[];
  readonly next: readonly string[];
}

/** Says why a spec with a run that is not over has not landed. */
export function whyRun(view: SpecView, run: RunView, nowMs: number): Reason {
  const { id, criteria } = view;
  const age = formatDuration(nowMs - run.startedAtMs);
  const attempt = run.attempt > 1 ? `, attempt ${run.attempt}` : "";
  const owner = run.owner.isAlive
    ? `Process ${run.owner.pid} coordinates it.`
    : `Process ${run.owner.pid}, which coordinated it, is gone: nothing lands until somebody takes over.`;
  const takeOver = run.owner.isAlive ? [] : [`chant work ${id}`];
  switch (run.state) {
    case "starting":
      return { reasons: [`It is being started since ${age}${attempt}.`, owner], next: takeOver };
    case "working":
      return {
        reasons: [
          `It is being worked on since ${age} by agent ${run.agent}${attempt}: ${criteria.done} of ${plural(criteria.total, "criterion", "criteria")} ticked.`,
          agentSentence(run),
          owner,
        ],
        next: [...takeOver, `chant log ${id} -f`],
      };
    case "checking":
      return {
        reasons: [`Its agent is done, and its criteria are checked${checkText(run, nowMs)}.`, owner],
        next: [...takeOver, `chant log ${id} -f`],
      };
    case "judging":
      return { reasons: ["Its agent has ended, and what it left is being judged.", owner], next: [] };
    case "landing":
      return { reasons: ["Its work is done and is landing now.", owner], next: [] };
    case "gating":
      return { reasons: [...gating(run), owner], next: [`chant log ${id} -f`] };
    case "waiting":
      return run.waits?.isForPerson === true ? whyUndecided(id, run) : whyWaiting(run, owner, takeOver);
    case "finished":
      return {
        reasons: ["Its agent has ended, and nobody is there to judge and land what it left.", owner],
        next: [`chant work ${id}`],
      };
    case "interrupted":
      return {
        reasons: [
          `Its run was cut off: neither its coordinator (process ${run.owner.pid}) nor its runner is there any more.`,
          `Nothing is lost${left(run)}. The run goes on with the watch, or the next work.`,
        ],
        next: [`chant work ${id}`],
      };
    case "retrying":
      return run.retry?.of === 0
        ? whyAskedFor(id, run)
        : run.limit !== undefined
          ? whyLimited(id, run, run.limit, owner)
          : {
              reasons: [
                `${run.retry?.isStart === true ? "It could not be started" : "Its agent failed"}: ${run.retry?.reason ?? "no reason is recorded"}.`,
                `Retry ${run.retry?.n ?? 1} of ${run.retry?.of ?? 1} is due at ${new Date(run.retry?.atMs ?? 0).toISOString()}.`,
                owner,
              ],
              next: [...takeOver, `chant log ${id}`],
            };
    case "pausing":
      return { reasons: [`It is being paused${because(run)}.`, owner], next: takeOver };
    case "retiring":
      return {
        reasons: ["It was given up, and is being cleared away.", ...heldBack(run, "That"), owner],
        next: takeOver,
      };
    case "parked":
      return {
        reasons: [stopped(view), `What its agent did is kept${left(run)}.`, ...takenOver(run)],
        next: parkedNext(view, run),
      };
    default:
      return unreachable(run.state);
  }
}

/** What can be typed about a run that waits for a person. */
function parkedNext(
  { id, status }: SpecView,
  { worktree, branch, isWorktreeGone }: RunView,
): readonly string[] {
  // Nobody can go on in a folder that is not there.
  if (isWorktreeGone === true) return [`chant log ${id}`, `git log ${branch}`, `chant reset ${id}`];
  // Somebody paused it on purpose: there is no fault to look for.
  const isPaused = status === "paused";
  return [
    ...(isPaused ? [`chant resume ${id}`] : []),
    `chant log ${id}`,
    ...(worktree === undefined ? [] : [`git -C ${worktree} status`]),
    ...(isPaused ? [] : [`chant resume ${id} --work`]),
    `chant finalize ${id}`,
    `chant reset ${id}`,
  ];
}

/** All runs of its account wait. */
function whyLimited(id: SpecId, { retry }: RunView, { account, untilMs }: LimitWait, owner: string): Reason {
  const goesOn = new Date(Math.max(untilMs, retry?.atMs ?? 0)).toISOString();
  return {
    reasons: [
      `It ${limitClause(account, untilMs)}, like every run of that account; it goes on at ${goesOn}.`,
      `Its agent failed: ${retry?.reason ?? "no reason is recorded"}.`,
      owner,
    ],
    next: ["chant limits", `chant limits clear ${account}`, `chant log ${id}`],
  };
}

/** A person's command took it up again, and whoever carries runs has not begun with it yet. */
function whyAskedFor(id: SpecId, { retry, owner }: RunView): Reason {
  const reason = retry?.reason ?? "";
  return {
    reasons: [
      `It is to go on${reason === "" ? "" : ` (before: ${reason})`}.`,
      owner.isAlive
        ? `Process ${owner.pid} coordinates it.`
        : "The watch carries it on, where one runs; else the next work.",
    ],
    next: owner.isAlive ? [`chant log ${id}`] : [`chant work ${id}`, `chant log ${id}`],
  };
}

function gating({ target, gateRaces = 0 }: RunView): readonly string[] {
  const branch = target.replace(/^refs\/heads\//, "");
  const now = `Its work is done. The gates run on it merged with ${branch}, or wait for their turn: it lands once they pass.`;
  return gateRaces === 0 ? [now] : [now, `${branch} moved ${plural(gateRaces, "time")} while they ran.`];
}

const because = ({ waits }: RunView): string => (waits === undefined ? "" : `, which waits: ${waits.reason}`);

function agentSentence({ agentProcess: agent }: RunView): string {
  if (agent === undefined) return "Its agent has not been started yet.";
  return agent.isAlive
    ? `Its agent is alive (process ${agent.pid}).`
    : `Its agent (process ${agent.pid}) has ended.`;
}

const checkText = ({ check }: RunView, nowMs: number): string =>
  check === undefined
    ? ""
    : `: check ${check.number} of ${check.of} runs since ${formatDuration(nowMs - check.startedAtMs)}, ${check.command}`;

function heldBack({ waits }: RunView, what: string): readonly string[] {
  if (waits === undefined) return [];
  const files = waits.files.length === 0 ? "" : ` (${waits.files.join(", ")})`;
  return [`${what} waits: ${waits.reason}${files}.`];
}

/** Whoever carries it, nothing moves until a person has decided: `approve` takes it over. */
function whyUndecided(id: SpecId, { waits, base, tip, branch }: RunView): Reason {
  const isMoved = waits?.reason.includes("judged again") === true;
  return {
    reasons: [`Its work is done and judged, but it does not land: ${waits?.reason ?? ""}.`],
    next: isMoved
      ? [`chant merge ${id}`]
      : [
          `git diff ${base?.slice(0, 12) ?? branch} ${tip?.slice(0, 12) ?? branch}`,
          `chant approve ${id} --result`,
          `chant reject ${id} --result --reason "..."`,
        ],
  };
}

function whyWaiting(run: RunView, owner: string, takeOver: readonly string[]): Reason {
  const files = run.waits?.files ?? [];
  return {
    reasons: [
      ...heldBack(run, "Its work is done, but its landing"),
      run.owner.isAlive && files.length > 0
        ? "It lands by itself once these are committed, stashed or undone."
        : owner,
    ],
    next: [...(files.length === 0 ? [] : ["git status"]), ...takeOver],
  };
}

const left = ({ worktree, branch }: RunView): string =>
  worktree === undefined
    ? `, as far as it was committed: on branch ${branch}`
    : `: it is in ${worktree}, on branch ${branch}`;

const takenOver = ({ takenOver: taken }: RunView): readonly string[] =>
  taken === undefined
    ? []
    : [`${taken.by} took it over at ${new Date(taken.atMs).toISOString()}, and its worktree with it.`];

/** Says that a spec has failed, needs attention or is paused, and why. */
export function stopped(view: Pick<SpecView, "status" | "spec" | "run">): string {
  const reason = stopReason(view);
  const { status } = view;
  const what =
    status === "failed" ? "It has failed" : status === "paused" ? "It is paused" : "It needs attention";
  return reason === undefined ? `${what}.` : `${what}: ${reason}.`;
}
