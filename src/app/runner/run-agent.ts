import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { endByReport } from "../../domain/agent-report.ts";
import { passedEnvironment } from "../../domain/environment.ts";
import type { AgentEnd } from "../../domain/judge.ts";
import { missingText, withMissing } from "../../domain/prompt.ts";
import type { Spec } from "../../domain/spec.ts";
import { isChantError } from "../../kit/errors.ts";
import { plural } from "../../kit/text.ts";
import { systemClock } from "../../host/clock.ts";
import { ageMs } from "../../host/identity.ts";
import { effect } from "../../host/effects.ts";
import { statIfExists, writePlain } from "../../host/files.ts";
import type { AgentCommand } from "../../agent/provider.ts";
import { providerOf } from "../../agent/providers.ts";
import { clearLeftLocks } from "../../git/left-locks.ts";
import { agentEnvironment } from "../../git/settings.ts";
import { type Launch, outputFile, stopFile } from "../engine/launch.ts";
import { readEnd, readLaunch } from "../engine/launch-files.ts";
import { endAgent, endOf, findAgent, type RunningAgent, startAgent } from "./agent-process.ts";
import { budgetWatch } from "./budget-watch.ts";
import { agentVariables } from "./prepare.ts";
import { promptText } from "./prompt-text.ts";
import { specToTell } from "./spec-versions.ts";
import { statusReader, writeStatusFile } from "./status-file.ts";
import { type Told, Transcript } from "./transcript.ts";
import { type Cut, waitForAgent } from "./timers.ts";

/** A person has paused it or called it off. */
export const STOPPED: AgentEnd = { kind: "signalled", signal: "SIGTERM" };

/** Tells whether nothing may be started any more in a launch. */
export const isStopAsked = async (folder: string, launch: Launch): Promise<boolean> =>
  launch.isStop === true || (await statIfExists(stopFile(folder, launch.launch))) !== undefined;

/** The agent's part in a launch: how it ended, and what it told. */
export interface AgentPart extends Told {
  readonly end: AgentEnd;
}

/** An agent that an earlier launch started: still going, ended with a status, or gone without one. */
interface Earlier {
  readonly launch: number;
  readonly found: RunningAgent | "ended" | "vanished";
}

/**
 * Starts the agent, or goes on with the one that an earlier runner left, and sees it to its end; nothing of it is left
 * when this returns.
 */
export async function runAgent(folder: string, launch: Launch): Promise<AgentPart> {
  const earlier = await findEarlier(folder, launch);
  const number = earlier?.launch ?? launch.launch;
  // An agent is read as it was started, whatever the configuration says by now.
  const { agent } = (await readLaunch(folder, number)) ?? launch;
  const reader = providerOf(agent).reader?.(() => systemClock.nowMs());
  await using transcript = await Transcript.follow(outputFile(folder, number), launch, reader);
  const end = await seeToEnd(folder, launch, earlier, transcript);
  const told = await transcript.finish();
  const { report, lines } = told;
  if (report === undefined) return { end, ...told };
  // Before it has said who it is, a program prints what keeps it from starting.
  const lastWords = report.session === undefined ? lines.at(-1) : undefined;
  return { end: endByReport(end, report, lastWords), ...told };
}

async function seeToEnd(
  folder: string,
  launch: Launch,
  earlier: Earlier | undefined,
  transcript: Transcript,
): Promise<AgentEnd> {
  const number = earlier?.launch ?? launch.launch;
  if (earlier?.found === "ended" || earlier?.found === "vanished") {
    await endAgent(launch.run, undefined);
    return earlier.found === "ended" ? endOf(folder, number) : { kind: "unknown" };
  }
  if (launch.isStop === true) {
    await endAgent(launch.run, earlier?.found.file.group);
    return STOPPED;
  }
  let running: RunningAgent;
  try {
    if (earlier === undefined && (await isStopAsked(folder, launch))) return STOPPED;
    running = earlier?.found ?? (await start(folder, launch));
  } catch (error) {
    if (!isChantError(error)) throw error;
    transcript.note(error.message);
    return { kind: "not_started", error: error.message };
  }
  // The end of a program with structured output is in that output.
  const readStatus = statusReader(launch, running.file.startedAtMs);
  const hasSaidDone = async (): Promise<boolean> =>
    providerOf(launch.agent).reader === undefined && (await readStatus())?.status === "done";
  const overBudget = budgetWatch(launch, transcript, () => systemClock.monotonicMs());
  const ranMs = earlier === undefined ? 0 : ageMs(running.file.identity);
  const cut = await waitForAgent(running, transcript, launch, hasSaidDone, systemClock, overBudget, ranMs);
  if (cut === undefined) {
    await endAgent(launch.run, running.file.group, 500, running.others);
    return endOf(folder, number);
  }
  transcript.note(cutText(cut));
  await endAgent(launch.run, running.file.group);
  return cut.kind === "said_done" ? { kind: "reported", ok: true } : cut;
}

function cutText(cut: Cut): string {
  if (cut.kind === "over_budget") return `stopped: ${cut.reason}`;
  if (cut.kind === "said_done") return "stopped: it had said that it was done, and did not end";
  return `stopped after ${plural(cut.minutes, "minute")}${cut.kind === "stalled" ? " without output" : ""}`;
}

/**
 * Looks for what earlier launches left that has no end yet: the latest one in which an agent was started. A launch
 * with an end is history, and so is all before it.
 */
async function findEarlier(folder: string, launch: Launch): Promise<Earlier | undefined> {
  for (let before = launch.launch - 1; before >= 1; before -= 1) {
    if ((await readEnd(folder, before)) !== undefined) return undefined;
    const found = await findAgent(folder, launch.run, before);
    if (found !== "never_started") return { launch: before, found };
  }
  return undefined;
}

async function start(folder: string, launch: Launch): Promise<RunningAgent> {
  await clearLeftLocks(launch.repo, launch.worktree, launch.branch);
  const spec = await specToTell(launch);
  const missing =
    launch.missing === undefined ? undefined : missingText(launch.missing, spec, launch.missingOutput);
  const session = launch.session === undefined ? {} : { session: launch.session };
  const command = providerOf(launch.agent).command({
    spec,
    agent: launch.agent,
    model: launch.model,
    home: launch.repo.home,
    promptFile: launch.promptFile,
    folder,
    chant: join(launch.binFolder, "chant"),
    session: randomUUID(),
    ...(missing === undefined ? {} : { resume: { missing, ...session } }),
  });
  try {
    return await startCommand(folder, launch, spec, command, missing);
  } catch (error) {
    throw isChantError(error) ? error : new StartFault(error);
  }
}

/** The system refused something on the way to a running agent, which may be there: the next runner finds out. */
export class StartFault extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function startCommand(
  folder: string,
  launch: Launch,
  spec: Spec,
  command: AgentCommand,
  missing: string | undefined,
): Promise<RunningAgent> {
  const promptFile = join(folder, "prompt.md");
  await effect("runner.prompt", async () => {
    const whole = await wholePrompt(launch, spec);
    const prompt = missing === undefined ? whole : withMissing(whole, missing);
    await writePlain(promptFile, command.prompt ?? prompt);
    for (const file of command.files) await writePlain(file.path, file.content);
  });
  await writeStatusFile(launch, { status: "working", error: undefined, commits: [] });
  return startAgent({
    folder,
    launch: launch.launch,
    run: launch.run,
    argv: command.argv,
    cwd: launch.worktree.path,
    env: {
      ...passedEnvironment(agentEnvironment(), launch.envPass ?? "all"),
      ...launch.runtimeVariables,
      ...command.env,
      ...launch.agent.env,
      ...agentVariables(launch, folder, promptFile),
    },
    stdinFile: command.readsPrompt ? promptFile : undefined,
  });
}

async function wholePrompt(launch: Launch, spec: Spec): Promise<string> {
  const { branch, worktree, attempt, promptFile, project = "" } = launch;
  const isSilent = launch.spec !== undefined;
  const facts = { spec, project, isSilent, launch: { branch, worktree: worktree.path, attempt } };
  return promptText(promptFile, facts);
}
