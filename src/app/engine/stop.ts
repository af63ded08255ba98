import { delay } from "../../host/clock.ts";
import { effect } from "../../host/effects.ts";
import { hasCode, statIfExists, writePlain } from "../../host/files.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "../../host/identity.ts";
import { signalProcess } from "../../host/spawn.ts";
import { ChantError } from "../../kit/errors.ts";
import { endAgent } from "../runner/agent-process.ts";
import type { Engine } from "./engine.ts";
import { claimLaunch, endFile, stopFile } from "./launch.ts";
import { readAgentFile, readRunner } from "./launch-files.ts";
import { type RunRecord, runFolder } from "./record.ts";

/** How long a runner may take to judge what its agent left before it is killed itself, in milliseconds. */
const RUNNER_LIMIT_MS = 30_000;
/** And how long before that limit it is killed. */
const KILL_BEFORE_MS = 10_000;
/** How often a runner that is to end is looked at, in milliseconds. */
const LOOK_MS = 25;

/**
 * Ends a run's agent and runner, and returns when neither is there any more: the agent by SIGTERM to its group and to
 * all that carries the run's token, then by SIGKILL; the runner by itself, once it has kept and judged what is left,
 * or in the end by SIGKILL. A launch that no runner has taken is void from now on. Can be done again.
 * @throws ChantError SPEC_BUSY when something of it cannot be ended from here
 */
export async function stopRun({ places }: Pick<Engine, "places">, record: RunRecord): Promise<void> {
  const folder = runFolder(places, record);
  if (record.launch > 0) {
    try {
      return await stopLaunch(folder, record);
    } catch (error) {
      // Without its files there is no launch: whoever carried it has cleared it away, perhaps just now.
      if (!hasCode(error, "ENOENT")) throw error;
    }
  }
  await endAgent(record.run, undefined);
}

async function stopLaunch(folder: string, { id, run, launch }: RunRecord): Promise<void> {
  await effect("stop.ask", () => writePlain(stopFile(folder, launch), ""));
  await claimLaunch(folder, launch, "void");
  const until = performance.now() + RUNNER_LIMIT_MS;
  for (;;) {
    const group = await agentGroup(folder, launch);
    const isGone = await effect("stop.agent", () => endAgent(run, group));
    const runner = await livingRunner(folder, launch);
    if (runner === undefined && isGone) return;
    const isElsewhere = runner !== undefined && runner.host !== ownIdentity().host;
    if (isElsewhere || performance.now() > until) {
      const who = runner === undefined ? "its agent" : `its runner, process ${runner.pid} on ${runner.host},`;
      throw new ChantError("SPEC_BUSY", `${id} could not be stopped: ${who} cannot be ended from here.`, {
        hint: isElsewhere
          ? `If that machine or container is gone: chant unlock ${id}, then try again. Its worktree and branch were left as they are.`
          : `See what it does: chant why ${id}. Its worktree and branch were left as they are.`,
      });
    }
    // It has had its time; it may be stopped by a signal, or stuck.
    if (runner !== undefined && performance.now() > until - KILL_BEFORE_MS) {
      signalProcess(runner.pid, "SIGKILL");
    }
    await delay(LOOK_MS);
  }
}

/** The process group of the agent that is at work, which an earlier launch may have started. */
async function agentGroup(folder: string, launch: number): Promise<number | undefined> {
  for (let number = launch; number >= 1; number -= 1) {
    const agent = await readAgentFile(folder, number);
    // Once its leader is gone, the number may be somebody else's.
    if (agent !== undefined) return isAlive(agent.identity) ? agent.group : undefined;
  }
  return undefined;
}

/** One that has written how the launch ended is at another by now, or waits for one. */
async function livingRunner(folder: string, launch: number): Promise<ProcessIdentity | undefined> {
  if ((await statIfExists(endFile(folder, launch))) !== undefined) return undefined;
  const runner = (await readRunner(folder, launch)) ?? "void";
  return runner === "void" || runner.pid === process.pid || !isAlive(runner) ? undefined : runner;
}
