import { join } from "node:path";
import { effect } from "../../host/effects.ts";
import { makeFolder, statIfExists, writePlain } from "../../host/files.ts";
import { Heartbeat } from "../../host/heartbeat.ts";
import { ownIdentity } from "../../host/identity.ts";
import { errorText } from "../../domain/error-text.ts";
import type { AgentEnd } from "../../domain/judge.ts";
import { isChantError } from "../../kit/errors.ts";
import { stashesOn } from "../../git/facts.ts";
import { whileFreshening } from "../../git/fresh-index.ts";
import { restoreMissing } from "../../git/missing-files.ts";
import { flushWork } from "../../git/flush-work.ts";
import { ObjectReader } from "../../git/object-reader.ts";
import { Trees } from "../../git/tree.ts";
import { readRef } from "../../git/refs.ts";
import { freezeWorktree, makeShadow, type Shadow, shadowAt } from "../../git/shadow.ts";
import { restoreTorn } from "../../git/torn-files.ts";
import { checkOut } from "../../git/worktree.ts";
import {
  claimLaunch,
  endFile,
  type Launch,
  launchFile,
  type LaunchEnd,
  preparedFile,
  unpackSettings,
  writeJson,
} from "../engine/launch.ts";
import { readEnd, readJson, readLaunch, readRunner } from "../engine/launch-files.ts";
import { GuardReader } from "../../git/guard.ts";
import { placesOf } from "../../store/places.ts";
import { placeCopy } from "../engine/silent/copy.ts";
import { isGitAway, refusalOf } from "../engine/patience.ts";
import { requireTrusted } from "../engine/trusted-config.ts";
import { endAgent } from "./agent-process.ts";
import { assess, type Before } from "./assess.ts";
import { clearChecks, runChecks } from "./checks.ts";
import { prepareFiles } from "./prepare.ts";
import { note } from "./note.ts";
import { isStopAsked, runAgent, StartFault, STOPPED } from "./run-agent.ts";
import { setUp } from "./set-up.ts";
import { redactorOf, withoutSecrets } from "./secrets.ts";
import { readStatusFile, writeStatusFile } from "./status-file.ts";

/**
 * One launch of one run, in a process and session of its own: checks the worktree out (the first time), starts the
 * agent or adopts the one that an earlier runner left, follows its output, ends what is left of it, and judges.
 * It writes `end-N.json` last; whatever kills it before, the next launch goes on from the facts.
 */
export async function runLaunch(folder: string, number: number): Promise<void> {
  const launch = await readLaunch(folder, number);
  if (launch === undefined) throw new Error(`${launchFile(folder, number)} is missing`);
  if (!(await effect("runner.record", () => claimLaunch(folder, number, ownIdentity())))) return;
  const startedAtMs = Date.now();
  await makeFolder(launch.logs);
  await using _beat = new Heartbeat(placesOf(launch.repo.home, launch.repo.commonDir).beats);
  const told = await carryOut(folder, launch).catch((error: unknown) => endByFault(folder, launch, error));
  const end = withoutSecrets(told, redactorOf(launch));
  const error = end.verdict.kind === "done" ? undefined : end.verdict.reason;
  await writeStatusFile(launch, {
    status: error === undefined ? "done" : "failed",
    error,
    commits: end.commits,
  });
  const times = { startedAtMs, endedAtMs: Date.now() };
  await effect("runner.end", () => writeJson(endFile(folder, number), { ...end, times }));
  await writePlain(join(launch.inbox, launch.id), "");
}

async function carryOut(folder: string, launch: Launch): Promise<LaunchEnd> {
  const { shadow, before } = await prepare(folder, launch);
  if (launch.judgeOnly !== undefined) {
    await endAgent(launch.run, undefined);
    const judged = await judgeLaunch(launch, shadow, before, { kind: "reported", ok: true });
    return runChecks(folder, launch, shadow, judged);
  }
  const failed = await setUp(folder, launch, shadow, async () => !(await isStopAsked(folder, launch)));
  if (failed !== undefined) {
    const agent: AgentEnd = failed === "stopped" ? STOPPED : { kind: "not_started", error: failed.reason };
    const judged = await judgeLaunch(launch, shadow, before, agent);
    return failed === "stopped" ? judged : { ...judged, errorText: errorText(agent, failed.tail) };
  }
  const { result, isFresh } = await whileFreshening(launch.repo, shadow, launch.worktree.path, () =>
    runAgent(folder, launch),
  );
  const { end: seen, report, lines } = result;
  // An agent that was asked to stop has not failed, whatever it says of that.
  const isStopped = (await isStopAsked(folder, launch)) && !isGoodEnd(seen);
  const end: AgentEnd = isStopped ? STOPPED : seen;
  const word = await readStatusFile(launch, before.atMs);
  // The agent's own word can only make things worse: what is done is judged by the facts.
  const agent: AgentEnd =
    word?.status === "failed" && !isStopped
      ? { kind: "reported", ok: false, error: word.error ?? "the agent reported a failure" }
      : end;
  const judged = await judgeLaunch(launch, shadow, before, agent, isFresh);
  const proved = await runChecks(folder, launch, shadow, judged);
  return {
    ...(proved.verdict.kind === "done" ? {} : { errorText: errorText(agent, lines) }),
    ...proved,
    ...(report === undefined ? {} : { report }),
  };
}

/**
 * Judges, and once more when a git of it failed: somebody may have killed it, and good work is not to wait for a person
 * because of that. What fails twice is told.
 */
async function judgeLaunch(...facts: Parameters<typeof assess>): Promise<LaunchEnd> {
  try {
    return await assess(...facts);
  } catch (error) {
    if (!isChantError(error, "GIT_FAILED")) throw error;
    const [launch, shadow, before, agent] = facts;
    await note(launch, `judged once more: ${error.message}`);
    return assess(launch, shadow, before, agent);
  }
}

const isGoodEnd = (end: AgentEnd): boolean =>
  (end.kind === "exited" && end.code === 0) || (end.kind === "reported" && end.ok);

/**
 * What an agent did to its worktree can make it impossible to judge, and to go on there: another launch would meet the
 * same, so a person has to look.
 */
async function endByFault(folder: string, launch: Launch, error: unknown): Promise<LaunchEnd> {
  const words = error instanceof Error ? error.message : String(error);
  // Before any agent has run, or for want of space or of a git that works, another launch may fare better.
  const isPrepared = (await readJson<Before>(preparedFile(folder))) !== undefined;
  const isGone = (await statIfExists(launch.worktree.path))?.isDirectory() !== true;
  const mayPass = isPrepared
    ? isChantError(error, "DISK_FULL") || (isGitAway(error) && !isGone)
    : refusalOf(error)?.isPassing !== false;
  if (mayPass) {
    await note(launch, `the runner could not go on: ${words}`).catch(() => undefined);
    throw error;
  }
  if (error instanceof StartFault && !isGone) throw error;
  await endAgent(launch.run, undefined);
  const { id, repo, branch, worktree } = launch;
  const details = isChantError(error) || !(error instanceof Error) ? words : (error.stack ?? words);
  const what = isPrepared ? "what the agent left cannot be judged" : "its worktree cannot be made ready";
  await note(launch, `${what}: ${details}`);
  const reason = isGone
    ? `its worktree ${worktree.path} is gone; what was committed is on ${branch}, and "chant reset ${id}" starts anew`
    : `${what}: ${words.trim().replace(/\.$/, "")}`;
  const tip = (await readRef(repo, `refs/heads/${branch}`)) ?? launch.base;
  await flushTip(launch, tip);
  return { version: 1, agent: { kind: "unknown" }, verdict: { kind: "attention", reason }, tip, commits: [] };
}

/** What is named as the tip is to outlast a loss of power; what of it cannot be read is damaged already. */
async function flushTip({ repo, base }: Launch, tip: string): Promise<void> {
  using reader = new ObjectReader(repo);
  await flushWork({ repo, reader, trees: new Trees(repo, reader) }, tip, base).catch(() => undefined);
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
    await clearChecks(folder, launch, shadow, { wereCutOff: true });
    const torn = await restoreTorn(
      launch.repo,
      shadow,
      launch.worktree.path,
      await wasRestarted(folder, launch),
    );
    if (torn.length > 0) {
      await note(
        launch,
        `the machine was restarted; files that this had cut off are whole: ${torn.join(", ")}`,
      );
    }
    // Its index is what the worktree held at the last end: cleaners of /tmp take single old files since.
    const last = await readEnd(folder, launch.launch - 1);
    if (last !== undefined && mayRestore(launch, last)) {
      await restoreMissing(launch.repo, shadow, launch.worktree, last.tip);
    }
    if (last?.spec !== undefined) await placeCopy(launch, last.spec);
    return { shadow, before: done };
  }
  const { repo } = launch;
  // The checkout runs the user's filters.
  await requireTrusted({
    repo,
    places: placesOf(repo.home, repo.commonDir),
    guard: new GuardReader(repo, launch.guard),
  });
  await effect("runner.checkout", () => checkOut(launch.worktree));
  const { excluded, refused } = await prepareFiles(launch);
  for (const path of refused) {
    await note(
      launch,
      `${path} was not copied into the worktree: it is a link that leads out of the repository`,
    );
  }
  const shadow = await makeShadow(launch.repo, shadowFolder, unpackSettings(launch.settings));
  await freezeWorktree(launch.repo, shadow, launch.worktree.adminDir, excluded);
  const before: Before = { stashes: await stashesOn(launch.repo, launch.branch), atMs: Date.now() };
  await writeJson(preparedFile(folder), before);
  return { shadow, before };
}

/** A cleaner leaves alone what is younger, in milliseconds. */
const CLEANED_MS = 24 * 60 * 60_000;

/** What is missing where a person has worked they have removed; so it is where they say that the work is done. */
function mayRestore({ isByHand, judgeOnly }: Launch, { times }: LaunchEnd): boolean {
  if (isByHand === true) return false;
  return judgeOnly === undefined || Date.now() - (times?.endedAtMs ?? 0) > CLEANED_MS;
}

/** Tells whether the machine was started anew since the runner before this one. */
async function wasRestarted(folder: string, { launch }: Launch): Promise<boolean> {
  for (let number = launch - 1; number > 0; number -= 1) {
    const before = await readRunner(folder, number);
    if (before !== undefined && before !== "void") return before.bootId !== ownIdentity().bootId;
  }
  return false;
}
