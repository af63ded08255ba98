import { basename, join } from "node:path";
import { agentNamed } from "../../domain/config.ts";
import { requiresChanges } from "../../domain/require-changes.ts";
import { effect } from "../../host/effects.ts";
import { isSystemError, makeFolder } from "../../host/files.ts";
import { isAlive } from "../../host/identity.ts";
import { ChantError, isChantError } from "../../kit/errors.ts";
import type { RefWriter } from "../../git/refs.ts";
import { checkoutsOf } from "../../git/repository.ts";
import { isRuntimeVariable } from "../../host/own-program.ts";
import type { Places } from "../../store/places.ts";
import { addWorktree, makeWorktreeFolder, undoWorktree } from "../../git/worktree.ts";
import { writeOwn } from "./claim.ts";
import { discardBranch } from "./keep.ts";
import type { Engine } from "./engine.ts";
import { accountFor } from "./governor.ts";
import { claimLaunch, type Launch, launchFile, type LaunchEnd, packSettings, writeJson } from "./launch.ts";
import { readEnd, readRunner } from "./launch-files.ts";
import { mendRun } from "./mend-run.ts";
import { leasePorts } from "./port-leases.ts";
import { agentRetry, recordFile, type RunRecord, runFolder } from "./record.ts";
import { showStarted } from "./silent/show-started.ts";
import { requireTrusted } from "./trusted-config.ts";

/**
 * Makes the worktree of a run whose start commit is there. Safe to repeat as long as no agent has started: what an
 * earlier try left half done is taken back first. The caller holds the land lock.
 */
export async function makeWorktree(engine: Engine, record: RunRecord): Promise<RunRecord> {
  const { repo, places, config } = engine;
  const { base } = record;
  if (base === undefined) throw new Error(`${record.id} has no start commit`);
  await requireTrusted(engine);
  if (record.spec !== undefined) await showStarted(engine, record);
  if (record.worktree !== undefined) {
    await undoWorktree(repo, record.run, record.worktree, record.branch, base);
  }
  await retireBranch(engine, record);
  await makeFolder(runFolder(places, record));
  const path = await makeWorktreeFolder(config.worktree.root, record.id, record.run, async (planned) => {
    await effect("start.record", () => writeOwn(engine, { ...record, worktree: planned }));
  });
  const { run, branch } = record;
  const swap: RefWriter["swap"] = (ref, to, from, reason) => engine.refs.swap(ref, to, from, reason);
  const worktree = await addWorktree(repo, engine.settings, swap, { path, run, branch, base });
  const held = [recordFile(places, record.id), path];
  const ports = await leasePorts(run, config.worktree.ports, held);
  const ready = { ...record, worktree: path, adminDir: worktree.adminDir };
  return ports.length === 0 ? ready : { ...ready, ports };
}

/** A branch of that name from an earlier run, whose record is gone: its commits are kept in a snapshot. */
async function retireBranch(engine: Engine, record: RunRecord): Promise<void> {
  const ref = `refs/heads/${record.branch}`;
  const tip = await engine.reader.resolve(ref);
  if (tip === undefined) return;
  const holder = (await checkoutsOf(engine.repo)).find((checkout) => checkout.branch === ref);
  if (holder !== undefined) {
    throw new ChantError("WORKTREE_FAILED", `The branch ${record.branch} is checked out in ${holder.path}.`);
  }
  await discardBranch(engine, record, { ref, tip, isSafe: false, reason: "An earlier branch of this name." });
}

/** Returns all that the next launch of a run is told, and the folder of its files. */
export function launchOf(
  { repo, places, config, self, settings, guard }: Engine,
  record: RunRecord,
): { readonly folder: string; readonly launch: Launch } {
  const { base, worktree, adminDir } = record;
  if (base === undefined || worktree === undefined || adminDir === undefined) {
    throw new Error(`${record.id} has no worktree to launch in`);
  }
  const folder = runFolder(places, record);
  const number = record.launch + 1;
  const agent = agentNamed(config, record.agent);
  const last = record.reports?.at(-1);
  const missing = record.missing ?? last?.reason;
  const launch: Launch = {
    version: 1,
    launch: number,
    id: record.id,
    run: record.run,
    attempt: record.attempt,
    repo,
    worktree: { path: worktree, adminDir },
    branch: record.branch,
    base,
    target: record.target,
    agentName: record.agent,
    agent,
    model: record.model,
    promptFile: join(places.prompts, `${record.prompt ?? config.defaults.prompt}.md`),
    project: config.project.name ?? basename(repo.home),
    autoCommit: config.defaults.autoCommit,
    requireChanges: requiresChanges(config, record.type),
    budget: { ...config.budget, before: record.reports ?? [], fromLaunch: record.budgetFrom ?? 0 },
    stallMs: config.agent.stallMinutes * 60_000,
    timeoutMs: config.agent.timeoutMinutes * 60_000,
    checkTimeoutMs: config.judge.checkTimeoutMinutes * 60_000,
    envPass: config.agent.envPass,
    redact: config.redact.patterns,
    copy: config.worktree.copy,
    link: config.worktree.link,
    setup: config.worktree.setup,
    ports: record.ports ?? [],
    binFolder: self.binFolder,
    runtimeVariables: runtimeVariables(),
    logs: places.logs,
    inbox: places.inbox,
    settings: packSettings(settings),
    ...(record.spec === undefined ? {} : { spec: record.spec }),
    ...(guard.seen === undefined ? {} : { guard: guard.seen }),
    ...(missing === undefined ? {} : { missing }),
    ...(last?.output === undefined ? {} : { missingOutput: last.output }),
    // Another agent knows nothing of a session that was not its own.
    ...(last?.session === undefined || (last.agent ?? record.agent) !== record.agent
      ? {}
      : { session: last.session }),
    ...(record.takenOver === undefined && record.isByHand !== true ? {} : { isByHand: true }),
    ...(record.judgeOnly === undefined ? {} : { judgeOnly: record.judgeOnly }),
  };
  return { folder, launch };
}

/**
 * Hands the next launch of a run to a runner. Returns the record as written before that, and when the runner is done
 * with it or gone.
 * @throws LostRun
 */
export async function launchRun(
  engine: Engine,
  asked: RunRecord,
): Promise<{ readonly record: RunRecord; readonly done: Promise<unknown> }> {
  // Only then it is sure that no agent of it is at work.
  const isAtRest = asked.phase === "retrying";
  const record = isAtRest ? await mendRun(engine, asked, async () => undefined) : asked;
  // A person may have put it right after a failure.
  const config = await engine.refreshConfig();
  const { folder, launch } = launchOf({ ...engine, config }, record);
  const number = launch.launch;
  await writeJson(launchFile(folder, number), launch);
  const account = accountFor(config, launch.agent);
  const { isSameAttempt: _isSame, retry: _retry, ...rest } = record;
  const retry = agentRetry(record);
  const running: RunRecord = {
    ...rest,
    ...(retry === undefined ? {} : { retry }),
    phase: "running",
    launch: number,
    account,
  };
  await effect("start.record", () => writeOwn(engine, running));
  try {
    const { done } = await engine.runners.launch({ folder, launch: number });
    return { record: running, done };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    // It is as if the runner had died at once, and goes on like that.
    engine.emit({
      kind: "warning",
      id: record.id,
      message: `Its runner could not be started: ${error.message}.`,
    });
    return { record: running, done: Promise.resolve() };
  }
}

function runtimeVariables(): Readonly<Record<string, string>> {
  const own = Object.entries(process.env).filter(([name]) => isRuntimeVariable(name));
  return Object.fromEntries(own.map(([name, value]) => [name, value ?? ""]));
}

/** How a run's latest launch stands, by its files. */
export type LaunchState =
  | { readonly kind: "ended"; readonly end: LaunchEnd }
  | { readonly kind: "running" }
  /** No runner is there, nor can one still come: the next launch goes on from the facts. */
  | { readonly kind: "orphaned" };

/** How long a spawned runner may take to write its name, in milliseconds. */
const NAME_LIMIT_MS = 10_000;

/**
 * @param sinceMs how long ago this process spawned it, in milliseconds; Infinity for one that another process spawned
 */
export async function launchState(engine: Engine, record: RunRecord, sinceMs: number): Promise<LaunchState> {
  const state = await lookAtLaunch(engine.places, record);
  if (state.kind !== "unnamed") return state;
  if (sinceMs < NAME_LIMIT_MS) return { kind: "running" };
  // Whoever creates the file first owns the launch: a runner that comes late finds it void and leaves.
  const folder = runFolder(engine.places, record);
  return (await claimLaunch(folder, record.launch, "void"))
    ? { kind: "orphaned" }
    : launchState(engine, record, 0);
}

/**
 * Reads how the latest launch stands, and changes nothing; `unnamed`: no runner has taken it so far. Where a file of it is
 * empty or torn, nothing can be told: that is an end with which a person has to deal, and no other run waits for it.
 */
export async function lookAtLaunch(
  places: Places,
  record: RunRecord,
): Promise<LaunchState | { readonly kind: "unnamed" }> {
  try {
    return await readLaunchState(runFolder(places, record), record);
  } catch (error) {
    if (!isChantError(error, "FILE_REFUSED")) throw error;
    const verdict = { kind: "attention", reason: error.message.replace(/\.$/, "") } as const;
    const tip = record.tip ?? record.base ?? "";
    return { kind: "ended", end: { version: 1, agent: { kind: "unknown" }, verdict, tip, commits: [] } };
  }
}

async function readLaunchState(
  folder: string,
  { launch }: RunRecord,
): Promise<LaunchState | { readonly kind: "unnamed" }> {
  const ended = await readEnd(folder, launch);
  if (ended !== undefined) return { kind: "ended", end: ended };
  const runner = await readRunner(folder, launch);
  if (runner === undefined) return { kind: "unnamed" };
  if (runner !== "void" && isAlive(runner)) return { kind: "running" };
  // It may have ended between the two looks.
  const late = await readEnd(folder, launch);
  return late === undefined ? { kind: "orphaned" } : { kind: "ended", end: late };
}
