import { join } from "node:path";
import type { AgentConfig } from "../../domain/config.ts";
import type { AgentReport, LaunchReport } from "../../domain/agent-report.ts";
import type { Budget } from "../../domain/budget.ts";
import type { SpecId } from "../../domain/id.ts";
import type { AgentEnd, Verdict } from "../../domain/judge.ts";
import { createAtomic, writeAtomic } from "../../host/files.ts";
import type { ProcessIdentity } from "../../host/identity.ts";
import type { SeenSettings } from "../../git/guard.ts";
import type { GitSettings } from "../../git/settings.ts";
import type { Repository } from "../../git/repository.ts";

/**
 * What the coordinator and a runner tell each other: files in the run's folder, each with one writer, numbered by
 * launch. `launch-N` (coordinator) -> `runner-N` (whoever creates it first owns launch N) -> `agent-N` -> `end-N`.
 */
export interface Launch {
  readonly version: 1;
  readonly launch: number;
  readonly id: SpecId;
  readonly run: string;
  readonly attempt: number;
  readonly repo: Repository;
  readonly worktree: { readonly path: string; readonly adminDir: string };
  readonly branch: string;
  readonly base: string;
  /** In silent mode: the spec's text as it started, of which the worktree gets a copy that git ignores. */
  readonly spec?: string;
  /** The branch that it lands on, as a full ref name; a launch of an earlier chant does not say. */
  readonly target?: string;
  readonly agentName: string;
  readonly agent: AgentConfig;
  readonly model: string | undefined;
  readonly promptFile: string;
  /** What the project is called, for its prompts; a launch of an earlier chant does not say. */
  readonly project?: string;
  /** Why it goes on after an end: what the agent is told is missing. */
  readonly missing?: string;
  /** What was printed that says more of that. */
  readonly missingOutput?: string;
  /** The agent's session that the last launch left, where it has one to go on with. */
  readonly session?: string;
  /** A person has worked in its worktree. */
  readonly isByHand?: true;
  /** Judges without an agent: a person says that the work is done. */
  readonly judgeOnly?: { readonly forcedBy?: string };
  /** Starts no agent: sees to the end of the last one, and keeps what it left. */
  readonly isStop?: true;
  readonly autoCommit: boolean;
  readonly requireChanges: boolean;
  /** What its run may use, and has used before; an earlier chant does not say. */
  readonly budget?: Budget & { readonly before: readonly LaunchReport[]; readonly fromLaunch: number };
  readonly stallMs: number;
  readonly timeoutMs: number;
  /** How long one check of a criterion may take; a launch of an earlier chant does not say. */
  readonly checkTimeoutMs?: number;
  /** The variables of the environment that the agent gets; an earlier chant passed all. */
  readonly envPass?: "all" | readonly string[];
  /** The configuration's own patterns of secrets. */
  readonly redact?: readonly string[];
  readonly copy: readonly string[];
  readonly link: readonly string[];
  /** What makes the worktree ready, and the ports that it has; an earlier chant does not say. */
  readonly setup?: readonly string[];
  readonly ports?: readonly number[];
  /** The user's own settings for runtimes (NODE_OPTIONS and the like): for the agent, not for chant itself. */
  readonly runtimeVariables: Readonly<Record<string, string>>;
  /** A folder with this chant, for the agent's PATH. */
  readonly binFolder: string;
  readonly logs: string;
  readonly inbox: string;
  /** What the coordinator saw last of the git configuration; an earlier chant does not say. */
  readonly guard?: SeenSettings;
  readonly settings: {
    readonly author: string;
    readonly committer: string;
    readonly values: readonly (readonly [string, readonly string[]])[];
  };
}

/** How a launch ended: written last, in one step. */
export interface LaunchEnd {
  readonly version: 1;
  readonly agent: AgentEnd;
  readonly verdict: Verdict;
  readonly tip: string;
  /** The agent's commits, oldest first. */
  readonly commits: readonly string[];
  /** What the agent said went wrong, then the end of its log: what the patterns of `watch.failure` are held against. */
  readonly errorText?: string;
  /** Its agent was done, and the checks of its criteria were stopped: they are all that is left to do. */
  readonly isUnchecked?: true;
  /** What the agent that goes on is told besides the reason. */
  readonly output?: string;
  readonly report?: AgentReport;
  /** Wall times in milliseconds since 1970; an end by an earlier chant does not say. */
  readonly times?: { readonly startedAtMs: number; readonly endedAtMs: number };
  /** What the worktree held, when that is not the tip's own tree. */
  readonly snapshot?: string;
  /** In silent mode: the worktree's copy of the spec, as it was judged. */
  readonly spec?: string;
}

/** What is known of the agent's process. */
export interface AgentFile {
  readonly identity: ProcessIdentity;
  /** Its process group. */
  readonly group: number;
  readonly startedAtMs: number;
}

/** Which check of a run's criteria runs now. */
export interface RunningCheck {
  readonly command: string;
  /** Counts from 1. */
  readonly number: number;
  readonly of: number;
  /** Wall time, milliseconds since 1970. */
  readonly startedAtMs: number;
}

/** What has to be known to put a worktree back to what was judged. */
export interface ChecksFile extends RunningCheck {
  readonly version: 1;
  /** What git ignored in it before, one character a byte. */
  readonly ignored: readonly string[];
  /** In silent mode: the worktree's copy of the spec, as it was judged. */
  readonly spec?: string;
}

export const launchFile = (folder: string, launch: number): string => join(folder, `launch-${launch}.json`);
export const runnerFile = (folder: string, launch: number): string => join(folder, `runner-${launch}.json`);
export const agentFile = (folder: string, launch: number): string => join(folder, `agent-${launch}.json`);
export const endFile = (folder: string, launch: number): string => join(folder, `end-${launch}.json`);
/** Where the agent's wrapper writes its own pid, then the agent's exit status. */
export const wrapperFiles = (
  folder: string,
  launch: number,
): { readonly pid: string; readonly status: string } => ({
  pid: join(folder, `pid-${launch}`),
  status: join(folder, `status-${launch}`),
});
/** Present once somebody asked for the launch to be stopped: no agent is started in it any more. */
export const stopFile = (folder: string, launch: number): string => join(folder, `stop-${launch}`);
/** Present while the checks of criteria run in the worktree, and until it is put back to what was judged. */
export const checksFile = (folder: string): string => join(folder, "checks.json");
/** The git folder that the worktree has while checks run in it. */
export const scratchFolder = (folder: string): string => join(folder, "scratch");
/** Present once the worktree was checked out whole and its shadow made. */
export const preparedFile = (folder: string): string => join(folder, "prepared.json");
/** What the agent of one launch printed, from its beginning. */
export const outputFile = (folder: string, launch: number): string => join(folder, `output-${launch}.log`);

/** What a runner printed: normally nothing. */
export const runnerLog = (folder: string): string => join(folder, "runner.log");

/** Which launch a runner is to do. */
export interface LaunchTask {
  /** The run's. */
  readonly folder: string;
  readonly launch: number;
}

/** A task as one line, between processes of one version. */
export const taskText = (task: LaunchTask): string => JSON.stringify(task);
export const readTask = (line: string): LaunchTask => JSON.parse(line) as LaunchTask;

export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeAtomic(path, JSON.stringify(value));
}

/** Creates the file that says who runs this launch; false when somebody else was first. */
export async function claimLaunch(
  folder: string,
  launch: number,
  who: ProcessIdentity | "void",
): Promise<boolean> {
  return createAtomic(runnerFile(folder, launch), JSON.stringify(who));
}

/** Git's settings in a shape that JSON keeps. */
export const packSettings = (settings: GitSettings): Launch["settings"] => ({
  ...settings,
  values: [...settings.values],
});
export const unpackSettings = (packed: Launch["settings"]): GitSettings => ({
  ...packed,
  values: new Map(packed.values),
});
