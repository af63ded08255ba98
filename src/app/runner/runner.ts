import { join } from "node:path";
import { systemClock } from "../../host/clock.ts";
import { effect } from "../../host/effects.ts";
import { makeFolder, readIfExists, writePlain } from "../../host/files.ts";
import { ownIdentity } from "../../host/identity.ts";
import type { AgentEnd } from "../../domain/judge.ts";
import { isBroken, parseSpec, type Spec } from "../../domain/spec.ts";
import { isChantError } from "../../kit/errors.ts";
import { providerOf } from "../../agent/providers.ts";
import { restoreMissing, stashesOn } from "../../git/facts.ts";
import { freezeWorktree, makeShadow, type Shadow, shadowAt } from "../../git/shadow.ts";
import { checkOut } from "../../git/worktree.ts";
import { agentEnvironment } from "../../git/settings.ts";
import { renderPrompt } from "../../domain/prompt.ts";
import { specPath } from "../../store/places.ts";
import {
  claimLaunch,
  endFile,
  type Launch,
  launchFile,
  type LaunchEnd,
  outputFile,
  preparedFile,
  readJson,
  unpackSettings,
  writeJson,
} from "../engine/launch.ts";
import { endAgent, endOf, findAgent, type RunningAgent, startAgent } from "./agent-process.ts";
import { assess, type Before } from "./assess.ts";
import { agentVariables, prepareFiles } from "./prepare.ts";
import { readStatusFile, writeStatusFile } from "./status-file.ts";
import { followOutput } from "./transcript.ts";
import { waitForAgent } from "./timers.ts";

/**
 * One launch of one run, in a process and session of its own: checks the worktree out (the first time), starts the
 * agent or adopts the one that an earlier runner left, follows its output, ends what is left of it, and judges.
 * It writes `end-N.json` last; whatever kills it before, the next launch goes on from the facts.
 */
export async function runLaunch(folder: string, number: number): Promise<void> {
  const launch = await readJson<Launch>(launchFile(folder, number));
  if (launch === undefined) throw new Error(`${launchFile(folder, number)} is missing`);
  if (!(await effect("runner.record", () => claimLaunch(folder, number, ownIdentity())))) return;
  await makeFolder(launch.logs);
  const end = await carryOut(folder, launch);
  const error = end.verdict.kind === "done" ? undefined : end.verdict.reason;
  await writeStatusFile(launch, {
    status: error === undefined ? "done" : "failed",
    error,
    commits: end.commits,
  });
  await effect("runner.end", () => writeJson(endFile(folder, number), end));
  await writePlain(join(launch.inbox, launch.id), "");
}

async function carryOut(folder: string, launch: Launch): Promise<LaunchEnd> {
  const prepared = await prepare(folder, launch);
  const shadow = prepared.shadow;
  const earlier = await findEarlier(folder, launch);
  let agent: AgentEnd;
  if (earlier === undefined) {
    agent = await runAgent(folder, launch, undefined);
  } else if (earlier.found === "ended") {
    agent = await endOf(folder, earlier.launch);
    await endAgent(launch.run, undefined);
  } else if (earlier.found === "vanished") {
    agent = { kind: "unknown" };
    await endAgent(launch.run, undefined);
  } else {
    agent = await runAgent(folder, launch, { agent: earlier.found, launch: earlier.launch });
  }
  const word = await readStatusFile(launch, prepared.before.atMs);
  // The agent's own word can only make things worse: what is done is judged by the facts.
  if (word?.status === "failed") {
    agent = { kind: "reported", ok: false, error: word.error ?? "the agent reported a failure" };
  }
  return assess(launch, shadow, prepared.before, agent);
}

/**
 * Looks for what earlier launches left that has no end yet: the latest one in which an agent was started. A launch
 * with an end is history, and so is all before it.
 */
async function findEarlier(
  folder: string,
  launch: Launch,
): Promise<
  | {
      readonly launch: number;
      readonly found: Exclude<Awaited<ReturnType<typeof findAgent>>, "never_started">;
    }
  | undefined
> {
  for (let before = launch.launch - 1; before >= 1; before -= 1) {
    if ((await readJson<LaunchEnd>(endFile(folder, before))) !== undefined) return undefined;
    const found = await findAgent(folder, launch.run, before);
    if (found !== "never_started") return { launch: before, found };
  }
  return undefined;
}

/** Fills the worktree and freezes what it is judged by; done once, before any agent has run in it. */
async function prepare(
  folder: string,
  launch: Launch,
): Promise<{ readonly shadow: Shadow; readonly before: Before }> {
  const shadowFolder = join(folder, "shadow");
  const done = await readJson<Before>(preparedFile(folder));
  if (done !== undefined) {
    const shadow = shadowAt(launch.repo, shadowFolder);
    // Its index is what the worktree held at the last end: cleaners of /tmp take single old files since.
    const hasEnded = (await readJson<LaunchEnd>(endFile(folder, launch.launch - 1))) !== undefined;
    if (hasEnded) await restoreMissing(launch.repo, shadow, launch.worktree.path);
    return { shadow, before: done };
  }
  await effect("runner.checkout", () => checkOut(launch.worktree));
  const excluded = await prepareFiles(launch);
  const shadow = await makeShadow(launch.repo, shadowFolder, unpackSettings(launch.settings));
  await freezeWorktree(launch.repo, shadow, launch.worktree.adminDir, excluded);
  const before: Before = { stashes: await stashesOn(launch.repo, launch.branch), atMs: Date.now() };
  await writeJson(preparedFile(folder), before);
  return { shadow, before };
}

async function runAgent(
  folder: string,
  launch: Launch,
  adopted: { readonly agent: RunningAgent; readonly launch: number } | undefined,
): Promise<AgentEnd> {
  await using transcript = await followOutput(outputFile(folder), launch);
  let running: RunningAgent;
  const number = adopted?.launch ?? launch.launch;
  try {
    running = adopted?.agent ?? (await start(folder, launch));
  } catch (error) {
    if (!isChantError(error)) throw error;
    transcript.note(error.message);
    return { kind: "not_started", error: error.message };
  }
  const cut = await waitForAgent(running, transcript, launch, systemClock);
  if (cut !== undefined) await endAgent(launch.run, running.file.group);
  else await endAgent(launch.run, running.file.group, 500);
  return cut ?? (await endOf(folder, number));
}

async function start(folder: string, launch: Launch): Promise<RunningAgent> {
  const spec = await readWorktreeSpec(launch);
  const command = providerOf(launch.agent).command({
    spec,
    agent: launch.agent,
    model: launch.model,
    home: launch.repo.home,
    promptFile: launch.promptFile,
    folder,
  });
  const promptFile = join(folder, "prompt.md");
  await effect("runner.prompt", async () => {
    const template = (await readIfExists(launch.promptFile)) ?? "";
    await writePlain(
      promptFile,
      renderPrompt(template, { spec, launch: launchVariables(launch) }, launch.promptFile),
    );
    for (const file of command.files) await writePlain(file.path, file.content);
  });
  await writeStatusFile(launch, { status: "working", error: undefined, commits: [] });
  return startAgent({
    folder,
    launch: launch.launch,
    run: launch.run,
    argv: command.argv,
    cwd: launch.worktree.path,
    env: { ...agentEnvironment(), ...launch.agent.env, ...agentVariables(launch, promptFile) },
    stdinFile: command.readsPrompt ? promptFile : undefined,
  });
}

const launchVariables = (
  launch: Launch,
): { readonly branch: string; readonly worktree: string; readonly attempt: number } => ({
  branch: launch.branch,
  worktree: launch.worktree.path,
  attempt: launch.attempt,
});

async function readWorktreeSpec(launch: Launch): Promise<Spec> {
  const text = (await readIfExists(join(launch.worktree.path, specPath(launch.id)))) ?? "";
  const spec = parseSpec(launch.id, text);
  if (isBroken(spec)) {
    throw new Error(`${launch.id} in its worktree is broken at ${spec.line}:${spec.column}: ${spec.message}`);
  }
  return spec;
}
