import { statIfExists } from "../../host/files.ts";
import { readBeat } from "../../host/heartbeat.ts";
import { goneIdentity, ownIdentity, type ProcessIdentity } from "../../host/identity.ts";
import type { Places } from "../../store/places.ts";
import { type AgentFile, agentFile, endFile, runnerFile, writeJson } from "./launch.ts";
import { readAgentFile, readRunner } from "./launch-files.ts";
import { type RunRecord, runFolder, writeRecord } from "./record.ts";

/*
 * Processes that cannot be looked at from here: of another container, or of a machine that has another name now. They
 * count as alive until a person says otherwise, and then only if they give no sign of life.
 */

export const isForeign = (identity: ProcessIdentity): boolean => identity.host !== ownIdentity().host;

/** Returns the processes of a run that cannot be looked at from here: coordinator, runners and agents. */
export async function foreignOf(places: Places, record: RunRecord): Promise<readonly ProcessIdentity[]> {
  const found = [record.owner];
  for (const { runner, agent } of await launchesOf(places, record)) {
    if (runner !== undefined) found.push(runner);
    if (agent !== undefined) found.push(agent.identity);
  }
  return found.filter(isForeign);
}

/** Returns the beats of processes, by which it can be told whether one went on meanwhile. */
export async function beatsOf(places: Places, processes: readonly ProcessIdentity[]): Promise<string> {
  return (await Promise.all(processes.map((each) => readBeat(places.beats, each)))).join(" ");
}

/** Writes down that the processes of a run that cannot be looked at from here are gone. The caller holds the kernel lock. */
export async function declareGone(places: Places, record: RunRecord): Promise<void> {
  const folder = runFolder(places, record);
  for (const { launch, runner, agent } of await launchesOf(places, record)) {
    if (runner !== undefined && isForeign(runner)) {
      await writeJson(runnerFile(folder, launch), goneIdentity(runner));
    }
    if (agent !== undefined && isForeign(agent.identity)) {
      await writeJson(agentFile(folder, launch), { ...agent, identity: goneIdentity(agent.identity) });
    }
  }
  // The record last: whoever takes the run over by it finds the rest as it is to be.
  if (isForeign(record.owner)) await writeRecord(places, { ...record, owner: goneIdentity(record.owner) });
}

interface LaunchProcesses {
  readonly launch: number;
  readonly runner: ProcessIdentity | undefined;
  readonly agent: AgentFile | undefined;
}

async function launchesOf(places: Places, record: RunRecord): Promise<readonly LaunchProcesses[]> {
  const folder = runFolder(places, record);
  const launches: LaunchProcesses[] = [];
  for (let launch = 1; launch <= record.launch; launch += 1) {
    const runner = await readRunner(folder, launch);
    const agent = await readAgentFile(folder, launch);
    // A runner whose launch has ended is at another one's by now, which says nothing of this run.
    const isAtIt = runner !== "void" && (await statIfExists(endFile(folder, launch))) === undefined;
    launches.push({ launch, runner: isAtIt ? runner : undefined, agent });
  }
  return launches;
}
