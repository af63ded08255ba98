import { join } from "node:path";
import {
  type Check,
  checksOf,
  criteriaNames,
  type FailedCheck,
  failedChecksOutput,
  failedChecksReason,
} from "../../domain/checks.ts";
import type { Verdict } from "../../domain/judge.ts";
import { isChantError } from "../../kit/errors.ts";
import { formatDuration } from "../../kit/text.ts";
import { parseCommit, signatureOf } from "../../git/commit.ts";
import { contentBeside } from "../../git/facts.ts";
import { ObjectReader } from "../../git/object-reader.ts";
import { ignoredIn, makeScratch, pointTo, putBack, removeScratch } from "../../git/scratch.ts";
import type { Shadow } from "../../git/shadow.ts";
import { keepSnapshot } from "../../git/snapshot.ts";
import { Trees } from "../../git/tree.ts";
import { effect } from "../../host/effects.ts";
import { removeFile, statIfExists } from "../../host/files.ts";
import { placesOf, specLogFile, specPath } from "../../store/places.ts";
import { CommandLog } from "../engine/command-log.ts";
import { untrustedAmong } from "../engine/command-trust.ts";
import {
  type ChecksFile,
  checksFile,
  type Launch,
  type LaunchEnd,
  scratchFolder,
  unpackSettings,
  writeJson,
} from "../engine/launch.ts";
import { readChecks } from "../engine/launch-files.ts";
import {
  commandEndText,
  commandEnvironment,
  type CommandResult,
  endLeftCommand,
  runCommand,
} from "../engine/run-command.ts";
import { placeCopy } from "../engine/silent/copy.ts";
import { readWorktreeSpec } from "../../store/worktree-spec.ts";
import { note } from "./note.ts";
import { agentVariables } from "./prepare.ts";
import { isStopAsked } from "./run-agent.ts";
import { redactorOf } from "./secrets.ts";
import { readableSpec, specAt, specAtStart, specOnTarget } from "./spec-versions.ts";

/** How long a check may take that a launch of an earlier chant does not limit. */
const LIMIT_MS = 30 * 60_000;

/**
 * Runs the checks of a run that was judged done, in its worktree, and returns what becomes of it by them. What they
 * leave there is taken back: files to what was judged, and commits, refs and settings go with the scratch in which they
 * were made. Cut off anywhere, the next launch takes it back as well, judges, and runs them anew.
 */
export async function runChecks(
  folder: string,
  launch: Launch,
  shadow: Shadow,
  judged: LaunchEnd,
): Promise<LaunchEnd> {
  try {
    return await tryChecks(folder, launch, shadow, judged);
  } catch (error) {
    // Somebody may have killed that git: as with the judgement itself, what fails twice is told.
    if (!isChantError(error, "GIT_FAILED")) throw error;
    await note(launch, `checked once more: ${error.message}`);
    await clearChecks(folder, launch, shadow);
    return tryChecks(folder, launch, shadow, judged);
  }
}

async function tryChecks(
  folder: string,
  launch: Launch,
  shadow: Shadow,
  judged: LaunchEnd,
): Promise<LaunchEnd> {
  if (judged.verdict.kind !== "done") return judged;
  const checks = await checksToRun(launch, judged);
  if (checks.length === 0) return judged;
  const { home, commonDir } = launch.repo;
  const [untrusted] = await untrustedAmong(
    placesOf(home, commonDir),
    checks.map(({ command }) => command),
  );
  if (untrusted !== undefined) {
    return {
      ...judged,
      verdict: attention(
        `nobody has let its check ${JSON.stringify(untrusted)} run here; look at it (chant trust commands), then finalize`,
      ),
    };
  }
  const results: Ran[] = [];
  try {
    await separate(folder, launch, shadow, judged);
    for (const check of checks) {
      if (await isStopAsked(folder, launch)) break;
      results.push({ check, ...(await runCheck(folder, launch, check, results.length + 1, checks.length)) });
    }
  } finally {
    await clearChecks(folder, launch, shadow);
  }
  const isWhole = results.length === checks.length && results.every(({ end }) => end.kind === "passed");
  if (!isWhole && (await isStopAsked(folder, launch))) {
    const verdict: Verdict = { kind: "interrupted", reason: "the checks of its criteria were stopped" };
    return { ...judged, verdict, isUnchecked: true };
  }
  return verdictBy(judged, results);
}

interface Ran extends CommandResult {
  readonly check: Check;
}

const attention = (reason: string): Verdict => ({ kind: "attention", reason });

function verdictBy(judged: LaunchEnd, results: readonly Ran[]): LaunchEnd {
  const stays = results.find(({ end }) => end.kind === "stays");
  if (stays !== undefined) {
    const { command } = stays.check;
    return {
      ...judged,
      verdict: attention(`its check ${JSON.stringify(command)} ${commandEndText(stays.end)}`),
    };
  }
  const failed = results
    .filter(({ end }) => end.kind !== "passed")
    .map(({ check, end, tail }): FailedCheck => ({ check, how: commandEndText(end), tail }));
  if (failed.length === 0) return judged;
  const reason = failedChecksReason(failed);
  const output = failedChecksOutput(failed);
  return { ...judged, verdict: { kind: "failed", reason }, output, errorText: `${reason}\n${output}` };
}

/**
 * Returns the checks that count: those of the spec on the target, which no agent writes, else as the run began. Where a
 * person says that open criteria do not count, neither do their checks.
 */
async function checksToRun(launch: Launch, judged: LaunchEnd): Promise<readonly Check[]> {
  using reader = new ObjectReader(launch.repo);
  const place = { reader, trees: new Trees(launch.repo, reader) };
  const spec = (await specOnTarget(place, launch)) ?? (await specAtStart(place, launch));
  const criteria = spec?.criteria ?? [];
  if (launch.judgeOnly?.forcedBy === undefined) return checksOf(criteria);
  const now =
    judged.spec === undefined
      ? await specAt(place, launch, judged.tip)
      : readableSpec(launch, Buffer.from(judged.spec));
  const open = now?.criteria.filter(({ ticked }) => !ticked).map(({ text }) => text) ?? [];
  return checksOf(criteria.filter(({ text }) => !open.includes(text)));
}

/** Gives the worktree a git folder in which nothing lasts. What has to be known to undo that is written first. */
async function separate(folder: string, launch: Launch, shadow: Shadow, { spec }: LaunchEnd): Promise<void> {
  const { repo, worktree, branch } = launch;
  const ignored = await ignoredIn(repo, shadow, worktree.path);
  const file: ChecksFile = {
    version: 1,
    ...NONE_YET,
    startedAtMs: Date.now(),
    ignored,
    ...(spec === undefined ? {} : { spec }),
  };
  await effect("checks.begin", () => writeJson(checksFile(folder), file));
  const scratch = scratchFolder(folder);
  const head = `ref: refs/heads/${branch}`;
  await makeScratch(repo, scratch, { settings: unpackSettings(launch.settings), head, from: shadow });
  await pointTo(worktree.path, scratch);
}

const NONE_YET = { command: "", number: 0, of: 0 } as const;

async function runCheck(
  folder: string,
  launch: Launch,
  check: Check,
  number: number,
  of: number,
): Promise<CommandResult> {
  const { command, criteria } = check;
  const file = await readChecks(folder);
  await writeJson(checksFile(folder), { ...file, command, number, of, startedAtMs: Date.now() });
  await using log = new CommandLog([specLogFile(launch.logs, launch.id)], redactorOf(launch));
  log.note(`check ${number} of ${of}, of ${criteriaNames(criteria)}: ${command}`);
  const result = await runCommand({
    command,
    cwd: launch.worktree.path,
    env: commandEnvironment({
      ...launch.runtimeVariables,
      ...agentVariables(launch, folder, join(folder, "prompt.md")),
    }),
    token: launch.run,
    timeoutMs: launch.checkTimeoutMs ?? LIMIT_MS,
    outputFile: outputOf(folder),
    signal: new AbortController().signal,
    onLine: (line) => log.line(line),
  });
  log.tail(result.tail);
  log.note(
    `check ${number} of ${of} ${commandEndText(result.end)}, after ${formatDuration(result.durationMs)}`,
  );
  return result;
}

const outputOf = (folder: string): string => join(folder, "check.log");

/**
 * Takes back whatever checks did to the worktree, if any ran there since it was judged. Safe to repeat.
 * @param options.wereCutOff keeps a snapshot first: who knows who was there since
 * @throws Error when that does not succeed
 */
export async function clearChecks(
  folder: string,
  launch: Launch,
  shadow: Shadow,
  options: { readonly wereCutOff?: boolean } = {},
): Promise<void> {
  const file = await readChecks(folder);
  if (file === undefined) return;
  const { repo, worktree, run } = launch;
  await endLeftCommand(outputOf(folder), run);
  if ((await statIfExists(worktree.path)) !== undefined) {
    if (options.wereCutOff === true) await keepWhatIsThere(launch, shadow);
    await effect("checks.back", () => pointTo(worktree.path, worktree.adminDir));
    if (!(await putBack(repo, shadow, worktree.path, file.ignored))) {
      throw new Error(`what checks left in ${worktree.path} cannot be taken back`);
    }
    if (file.spec !== undefined) await putBackCopy(launch, file.spec);
  }
  await removeScratch(scratchFolder(folder));
  await removeFile(outputOf(folder));
  await effect("checks.end", () => removeFile(checksFile(folder)));
}

/** Since checks were cut off a person may have looked into the worktree, and worked there. */
async function keepWhatIsThere(
  { repo, worktree, id, branch, base, settings }: Launch,
  shadow: Shadow,
): Promise<void> {
  using reader = new ObjectReader(repo);
  const tip = await reader.resolve(`refs/heads/${branch}`);
  const content = await contentBeside(repo, shadow, worktree.path);
  if (tip === undefined || content.kind !== "tree") return;
  if (content.tree === parseCommit((await reader.require(tip)).content).tree) return;
  const reason = `What was in the worktree of ${id} when its checks had been cut off.`;
  const signature = signatureOf(unpackSettings(settings), Date.now(), "off");
  await keepSnapshot(repo, id, { tree: content.tree, parents: [tip], reason, since: base }, signature);
}

/** The copy of the spec in a silent project, which git ignores. */
async function putBackCopy(launch: Launch, text: string): Promise<void> {
  const { id, worktree } = launch;
  if ((await readWorktreeSpec(worktree.path, id)) === text) return;
  await removeFile(join(worktree.path, specPath(id)));
  await placeCopy(launch, text);
}
