import type { AgentEnd } from "../../domain/judge.ts";
import { delay } from "../../host/clock.ts";
import { effect } from "../../host/effects.ts";
import {
  findCgroup,
  killCgroup,
  makeCgroup,
  pidsInCgroup,
  removeCgroup,
  wasEntered,
} from "../../host/cgroup.ts";
import { readIfExists } from "../../host/files.ts";
import { identityOf, isAlive, type ProcessIdentity } from "../../host/identity.ts";
import { belongingPids, livingPids } from "../../host/process-tree.ts";
import { isGroupAlive, pidsWithEnvironment, signalProcess, spawnDetached } from "../../host/spawn.ts";
import { type AgentFile, agentFile, outputFile, wrapperFiles, writeJson } from "../engine/launch.ts";
import { readAgentFile } from "../engine/launch-files.ts";

/**
 * Enters its cgroup where it has one, notes its own pid, runs the agent, notes how that ended: a runner that is killed
 * leaves the agent going, and whoever adopts it can still read its status. The agent's command comes as arguments, never
 * as shell text.
 */
const WRAPPER =
  '{ [ -z "$CHANT_WRAPPER_CGROUP" ] || echo $$ >"$CHANT_WRAPPER_CGROUP/cgroup.procs"; } 2>/dev/null; echo $$ >"$CHANT_WRAPPER_PID" && "$@"; echo $? >"$CHANT_WRAPPER_STATUS"';

/** Carries the run's token through the environment, so that no descendant can hide by leaving the group. */
export const TOKEN = "CHANT_RUN_TOKEN";

export interface AgentStart {
  readonly folder: string;
  readonly launch: number;
  readonly run: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdinFile: string | undefined;
}

/** A running agent, whether this process started it or found it. */
export interface RunningAgent {
  readonly file: AgentFile;
  /** Settles when its wrapper is gone. */
  readonly gone: Promise<void>;
  /** The processes that lived before it was started. */
  readonly others?: ReadonlySet<number>;
}

export async function startAgent(start: AgentStart): Promise<RunningAgent> {
  const wrapper = wrapperFiles(start.folder, start.launch);
  const others = new Set(livingPids());
  const started = await effect("agent.spawn", () =>
    spawnDetached("/bin/sh", ["-c", WRAPPER, "chant-agent", ...start.argv], {
      cwd: start.cwd,
      env: {
        ...start.env,
        [TOKEN]: start.run,
        CHANT_WRAPPER_PID: wrapper.pid,
        CHANT_WRAPPER_STATUS: wrapper.status,
        CHANT_WRAPPER_CGROUP: makeCgroup(start.run) ?? "",
      },
      outputFile: outputFile(start.folder, start.launch),
      ...(start.stdinFile === undefined ? {} : { stdinFile: start.stdinFile }),
    }),
  );
  const identity = identityOf(started.pid);
  const file: AgentFile | undefined =
    identity === undefined ? undefined : { identity, group: started.pid, startedAtMs: Date.now() };
  if (file !== undefined) {
    await effect("agent.record", () => writeJson(agentFile(start.folder, start.launch), file));
  }
  return {
    file: file ?? {
      identity: { pid: started.pid, startedAt: "gone", bootId: "", host: "" },
      group: started.pid,
      startedAtMs: Date.now(),
    },
    gone: started.ended.then(() => undefined),
    others,
  };
}

/**
 * Finds the agent of an earlier launch whose runner died: still going, ended with a status, or gone without one.
 * One that was started but not yet recorded is found by its token.
 */
export async function findAgent(
  folder: string,
  run: string,
  launch: number,
): Promise<RunningAgent | "ended" | "vanished" | "never_started"> {
  if ((await readStatus(folder, launch)) !== undefined) return "ended";
  const wrapperPid = Number(await readIfExists(wrapperFiles(folder, launch).pid));
  const recorded = await readAgentFile(folder, launch);
  const withToken = pidsWithEnvironment(TOKEN, run);
  const identity =
    recorded?.identity ?? (withToken.includes(wrapperPid) ? identityOf(wrapperPid) : undefined);
  if (identity !== undefined && isAlive(identity)) {
    const file = { identity, group: identity.pid, startedAtMs: recorded?.startedAtMs ?? Date.now() };
    return { file, gone: untilGone(file) };
  }
  if (identity === undefined && withToken.length === 0 && Number.isNaN(wrapperPid)) return "never_started";
  return (await readStatus(folder, launch)) === undefined ? "vanished" : "ended";
}

/** How often a process that is not our child is looked at, in milliseconds. */
const LOOK_MS = 50;

async function untilGone(file: AgentFile): Promise<void> {
  while (isAlive(file.identity)) await delay(LOOK_MS);
}

/** Returns how the agent ended, by its wrapper's own record; 128 + N is a signal. */
export async function endOf(folder: string, launch: number): Promise<AgentEnd> {
  const status = await readStatus(folder, launch);
  if (status === undefined) return { kind: "unknown" };
  const signal = SIGNALS.get(status - 128);
  return signal === undefined ? { kind: "exited", code: status } : { kind: "signalled", signal };
}

const SIGNALS = new Map([
  [1, "SIGHUP"],
  [2, "SIGINT"],
  [3, "SIGQUIT"],
  [6, "SIGABRT"],
  [9, "SIGKILL"],
  [11, "SIGSEGV"],
  [13, "SIGPIPE"],
  [15, "SIGTERM"],
]);

async function readStatus(folder: string, launch: number): Promise<number | undefined> {
  const match = /^(\d+)\n$/.exec((await readIfExists(wrapperFiles(folder, launch).status)) ?? "");
  return match === null ? undefined : Number(match[1]);
}

/** How long a process may take to end after SIGTERM before SIGKILL, in milliseconds. */
const GRACE_MS = 5_000;

/**
 * Ends whatever is left of a run's agent: what is in its cgroup, its group and its session, what carries the token, and
 * what any of these started. Asks with SIGTERM, then insists. Returns true when nothing is left that can be found, false
 * when something does not go. `others` lived before it was started: where a cgroup tells of whom it held, they are not
 * looked at, of which there may be hundreds. Without one, a pid of theirs may be somebody's of the agent by now.
 */
export async function endAgent(
  run: string,
  group: number | undefined,
  graceMs = GRACE_MS,
  others?: ReadonlySet<number>,
): Promise<boolean> {
  const until = performance.now() + graceMs;
  const cgroup = findCgroup(run);
  const without = cgroup !== undefined && others !== undefined && wasEntered(cgroup) ? { others } : {};
  // What belonged once belongs, though the process by which it was known has ended.
  const known = new Map<number, ProcessIdentity>();
  let killedMs: number | undefined;
  let wasGone = false;
  for (let round = 0; ; round += 1) {
    const signal = performance.now() > until ? "SIGKILL" : "SIGTERM";
    const inCgroup = cgroup === undefined ? [] : pidsInCgroup(cgroup);
    const still = [...known.values()].filter(isAlive).map(({ pid }) => pid);
    const pids = belongingPids({ mark: `${TOKEN}=${run}`, group, pids: [...inCgroup, ...still], ...without });
    for (const pid of pids) {
      const identity = known.has(pid) ? undefined : identityOf(pid);
      if (identity !== undefined) known.set(pid, identity);
    }
    const hasGroup = group !== undefined && isGroupAlive(group);
    const isGone = pids.length === 0 && !hasGroup;
    // One that ended during the look may have started another just before, so there is a second one.
    if (isGone && (cgroup === undefined ? wasGone : pidsInCgroup(cgroup).length === 0)) {
      if (cgroup !== undefined) removeCgroup(cgroup);
      return true;
    }
    wasGone = isGone;
    if (isGone && cgroup === undefined) continue;
    if (round === 0 || signal === "SIGKILL") {
      if (signal === "SIGKILL" && cgroup !== undefined) killCgroup(cgroup);
      if (hasGroup) signalProcess(-group, signal);
      for (const pid of pids) signalProcess(pid, signal);
    }
    // On a busy machine the first SIGKILL comes late: what it reaches has its time as well.
    if (signal === "SIGKILL") killedMs ??= performance.now();
    if (killedMs !== undefined && performance.now() > killedMs + graceMs) return false;
    await delay(Math.min(10 * (round + 1), 100));
  }
}
