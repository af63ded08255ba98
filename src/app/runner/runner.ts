import { join } from "node:path";
import { effect } from "../../host/effects.ts";
import { makeFolder, writePlain } from "../../host/files.ts";
import { ownIdentity } from "../../host/identity.ts";
import { errorText } from "../../domain/error-text.ts";
import type { AgentEnd } from "../../domain/judge.ts";
import { restoreMissing, stashesOn } from "../../git/facts.ts";
import { freezeWorktree, makeShadow, type Shadow, shadowAt } from "../../git/shadow.ts";
import { checkOut } from "../../git/worktree.ts";
import {
  claimLaunch,
  endFile,
  type Launch,
  launchFile,
  type LaunchEnd,
  preparedFile,
  readJson,
  unpackSettings,
  writeJson,
} from "../engine/launch.ts";
import { endAgent } from "./agent-process.ts";
import { assess, type Before } from "./assess.ts";
import { prepareFiles } from "./prepare.ts";
import { runAgent } from "./run-agent.ts";
import { readStatusFile, writeStatusFile } from "./status-file.ts";

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
  const { shadow, before } = await prepare(folder, launch);
  if (launch.judgeOnly !== undefined) {
    await endAgent(launch.run, undefined);
    return assess(launch, shadow, before, { kind: "reported", ok: true });
  }
  const { end, report, lines } = await runAgent(folder, launch);
  const word = await readStatusFile(launch, before.atMs);
  // The agent's own word can only make things worse: what is done is judged by the facts.
  const agent: AgentEnd =
    word?.status === "failed"
      ? { kind: "reported", ok: false, error: word.error ?? "the agent reported a failure" }
      : end;
  const judged = await assess(launch, shadow, before, agent);
  return {
    ...judged,
    ...(report === undefined ? {} : { report }),
    ...(judged.verdict.kind === "done" ? {} : { errorText: errorText(agent, lines) }),
  };
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
