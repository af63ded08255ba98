import { delimiter, join } from "node:path";
import { portVariables } from "../../domain/ports.ts";
import { plural } from "../../kit/text.ts";
import { removeFile, statIfExists, writePlain } from "../../host/files.ts";
import { newFiles } from "../../git/facts.ts";
import { keepOut, type Shadow } from "../../git/shadow.ts";
import { placesOf } from "../../store/places.ts";
import { untrustedAmong } from "../engine/command-trust.ts";
import { type Launch, writeJson } from "../engine/launch.ts";
import { readJson } from "../engine/launch-files.ts";
import {
  type CommandEnd,
  commandEndText,
  commandEnvironment,
  endLeftCommand,
  runCommand,
} from "../engine/run-command.ts";
import { note } from "./note.ts";

/** Why a worktree could not be made ready, and the last that the command printed. */
export interface SetUpFailure {
  readonly reason: string;
  readonly tail: readonly string[];
}

/** Nothing that makes a worktree ready takes longer, in milliseconds. */
const LIMIT_MS = 60 * 60_000;

/**
 * Runs the commands that make a worktree ready, in their order, until one fails; once they all have passed, never again.
 * What they made there and git does not ignore is kept out of commits like what was copied. After a kill all of them
 * run again.
 */
export async function setUp(
  folder: string,
  launch: Launch,
  shadow: Shadow,
  mayRun: () => Promise<boolean>,
): Promise<SetUpFailure | "stopped" | undefined> {
  const { setup = [], run, worktree, repo } = launch;
  const done = join(folder, "set-up");
  if ((await statIfExists(done)) !== undefined) return undefined;
  // A configuration that says more later comes too late for a worktree in which an agent has worked.
  if (setup.length === 0) return writePlain(done, "").then(() => undefined);
  const [untrusted] = await untrustedAmong(placesOf(repo.home, repo.commonDir), setup);
  if (untrusted !== undefined) {
    const reason = `nobody has let ${JSON.stringify(untrusted)} set up its worktree (chant trust commands)`;
    return { reason, tail: [] };
  }
  const outputFile = join(folder, "set-up.log");
  await endLeftCommand(outputFile, run);
  const before = await newBefore(folder, launch, shadow);
  const end = await runAll(launch, outputFile, mayRun);
  const made = (await newFiles(repo, shadow, worktree.path)).filter((path) => !before.includes(path));
  await keepOut(shadow, made);
  if (made.length > 0) {
    await note(launch, `set up: ${plural(made.length, "path")} that git does not ignore kept out of commits`);
  }
  await removeFile(beforeFile(folder));
  if (end === undefined) await writePlain(done, "");
  return end;
}

const beforeFile = (folder: string): string => join(folder, "set-up-before.json");

/** What was new there before: between two tries a person may have worked there. Of a try that was killed, before that. */
async function newBefore(folder: string, launch: Launch, shadow: Shadow): Promise<readonly string[]> {
  const known = await readJson<readonly string[]>(beforeFile(folder), Array.isArray).catch(() => undefined);
  const before = known ?? (await newFiles(launch.repo, shadow, launch.worktree.path));
  await writeJson(beforeFile(folder), before);
  return before;
}

async function runAll(
  launch: Launch,
  outputFile: string,
  mayRun: () => Promise<boolean>,
): Promise<SetUpFailure | "stopped" | undefined> {
  const { setup = [], run, worktree } = launch;
  for (const command of setup) {
    if (!(await mayRun())) return "stopped";
    await note(launch, `set up: ${command}`);
    const { end, tail } = await runCommand({
      command,
      cwd: worktree.path,
      env: setUpVariables({ ...launch, worktree: worktree.path }, launch.runtimeVariables),
      token: run,
      timeoutMs: LIMIT_MS,
      outputFile,
      signal: new AbortController().signal,
    });
    if (end.kind === "passed") continue;
    for (const line of tail) await note(launch, `  ${line}`);
    if (!(await mayRun())) return "stopped";
    return { reason: failureText(command, end, tail), tail };
  }
  return undefined;
}

const failureText = (command: string, end: CommandEnd, tail: readonly string[]): string => {
  const last = tail.findLast((line) => line.trim() !== "");
  const words = last === undefined ? "" : `: ${last.trim()}`;
  return `its worktree could not be set up: ${JSON.stringify(command)} ${commandEndText(end)}${words}`;
};

/** What the commands that set a worktree up, and take it down, are told through their environment. */
export const setUpVariables = (
  of: Pick<Launch, "id" | "branch" | "repo" | "ports" | "binFolder"> & { readonly worktree: string },
  more: NodeJS.ProcessEnv = {},
): NodeJS.ProcessEnv =>
  commandEnvironment({
    ...more,
    CHANT_SPEC_ID: of.id,
    CHANT_WORKTREE: of.worktree,
    CHANT_BRANCH: of.branch,
    CHANT_HOME: of.repo.home,
    ...portVariables(of.ports ?? []),
    PATH: [of.binFolder, process.env["PATH"] ?? ""].join(delimiter),
  });
