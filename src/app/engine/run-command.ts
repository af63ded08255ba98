import { unreachable } from "../../kit/unreachable.ts";
import { plural } from "../../kit/text.ts";
import { effect } from "../../host/effects.ts";
import { removeFile, writePlain } from "../../host/files.ts";
import { FileFollower } from "../../host/follow-file.ts";
import { identityOf, isAlive } from "../../host/identity.ts";
import { spawnDetached } from "../../host/spawn.ts";
import { tailLines } from "../../host/tail.ts";
import { agentEnvironment } from "../../git/settings.ts";
import { endAgent, TOKEN } from "../runner/agent-process.ts";
import { type AgentFile, writeJson } from "./launch.ts";
import { readJson } from "./launch-files.ts";

/** One run of a command that a person trusts: a check of a criterion, or a gate. */
export interface CommandRun {
  /** Given to `sh -c` as it was trusted, letter for letter. */
  readonly command: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Carried by all that it starts, by which that is found and ended: a run's id, or one made for this alone. */
  readonly token: string;
  /** 0 is no limit. */
  readonly timeoutMs: number;
  /** Where both of its outputs go, begun anew. Beside it stands its process, for whoever comes after a kill. */
  readonly outputFile: string;
  /** Ends it when aborted. */
  readonly signal: AbortSignal;
  /** Told of each line while it runs. */
  readonly onLine?: (line: string) => void;
}

export type CommandEnd =
  | { readonly kind: "passed" }
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: string }
  /** Ended by chant: it took too long. */
  | { readonly kind: "late"; readonly minutes: number }
  /** Ended by chant, because the signal said so. */
  | { readonly kind: "stopped" }
  /** Something that it started does not go, whatever it is told: what it found counts for nothing. */
  | { readonly kind: "stays" }
  | { readonly kind: "not_started"; readonly error: string };

export interface CommandResult {
  readonly end: CommandEnd;
  /** The last lines that it printed, at most 40 of the last 8 KiB. */
  readonly tail: readonly string[];
  readonly durationMs: number;
}

const TAIL_LINES = 40;
const TAIL_BYTES = 8 * 1024;
/** How long what it left may take after SIGTERM: it has ended well, or has had its time. */
const GRACE_MS = 2_000;

const processFile = (outputFile: string): string => `${outputFile}.process`;

/**
 * Runs a trusted command to its end in a session of its own, without input. Nothing of it runs when this returns: what
 * it left is asked to end, then killed, and looked for until none is found.
 */
export async function runCommand(run: CommandRun): Promise<CommandResult> {
  const { outputFile, timeoutMs, signal, token } = run;
  const startedMs = performance.now();
  await writePlain(outputFile, "", 0o600);
  const env = { ...run.env, [TOKEN]: token };
  const started = await effect("command.spawn", () =>
    spawnDetached("/bin/sh", ["-c", run.command], { cwd: run.cwd, env, outputFile }),
  ).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  if (started instanceof Error) {
    return { end: { kind: "not_started", error: started.message }, tail: [], durationMs: 0 };
  }
  const identity = identityOf(started.pid);
  const file: AgentFile | undefined =
    identity === undefined ? undefined : { identity, group: started.pid, startedAtMs: Date.now() };
  if (file !== undefined) await writeJson(processFile(outputFile), file);
  const follower =
    run.onLine === undefined ? undefined : new FileFollower(outputFile, 0, (line) => run.onLine?.(line));
  const cut = new Cut(timeoutMs, signal);
  const ended = await Promise.race([started.ended, cut.came]);
  cut[Symbol.dispose]();
  const isGone = await endAgent(token, started.pid, GRACE_MS);
  if (isGone) await removeFile(processFile(outputFile));
  await follower?.[Symbol.asyncDispose]();
  return {
    end: isGone ? endOf(ended) : { kind: "stays" },
    tail: await tailOf(outputFile),
    durationMs: Math.round(performance.now() - startedMs),
  };
}

/** Ends what is left of a command whose chant was killed; true when nothing of it is left. */
export async function endLeftCommand(outputFile: string, token: string): Promise<boolean> {
  const file = await readJson<AgentFile>(processFile(outputFile)).catch(() => undefined);
  const isLeader = file !== undefined && isAlive(file.identity);
  const isGone = await endAgent(token, isLeader ? file.group : undefined, GRACE_MS);
  if (isGone) await removeFile(processFile(outputFile));
  return isGone;
}

/** Why a command is ended before it ends by itself. */
class Cut implements Disposable {
  readonly came: Promise<CommandEnd>;
  #timer: NodeJS.Timeout | undefined;
  readonly #signal: AbortSignal;
  #stop = (): void => undefined;

  constructor(timeoutMs: number, signal: AbortSignal) {
    this.#signal = signal;
    this.came = new Promise((resolve) => {
      this.#stop = () => resolve({ kind: "stopped" });
      if (timeoutMs > 0) {
        this.#timer = setTimeout(() => resolve({ kind: "late", minutes: timeoutMs / 60_000 }), timeoutMs);
      }
    });
    signal.addEventListener("abort", this.#stop, { once: true });
    if (signal.aborted) this.#stop();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#stop);
  }
}

type Ended = { readonly status: number | undefined; readonly signal: string | undefined };

function endOf(ended: Ended | CommandEnd): CommandEnd {
  if ("kind" in ended) return ended;
  if (ended.status === undefined) return { kind: "signalled", signal: ended.signal ?? "a signal" };
  return ended.status === 0 ? { kind: "passed" } : { kind: "exited", code: ended.status };
}

async function tailOf(outputFile: string): Promise<readonly string[]> {
  const lines = (await tailLines(outputFile, TAIL_BYTES)).map((line) => line.trimEnd());
  while (lines.at(-1) === "") lines.pop();
  return lines.slice(-TAIL_LINES);
}

/** Says how a command ended, as a clause to be put behind its name. */
export function commandEndText(end: CommandEnd): string {
  switch (end.kind) {
    case "passed":
      return "passed";
    case "exited":
      return `exited with code ${end.code}`;
    case "signalled":
      return `was ended by ${end.signal}`;
    case "late":
      return `was not done after ${plural(end.minutes, "minute")} and was stopped`;
    case "stopped":
      return "was stopped";
    case "stays":
      return "left a process that cannot be ended";
    case "not_started":
      return `could not be started: ${end.error}`;
    default:
      return unreachable(end);
  }
}

/** What would make a command take itself for a part of some run, or send what it calls there. */
const OF_A_RUN = /^CHANT_(?:SPEC_ID|SPEC_FILE|WORKTREE|BRANCH|STATUS_FILE|PROMPT_FILE|ATTEMPT|HOME)$/;

/** The environment of a trusted command: the user's own, nothing in it of git's or of a run's, and some variables. */
export function commandEnvironment(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const inherited = Object.entries(agentEnvironment()).filter(([name]) => !OF_A_RUN.test(name));
  return { ...Object.fromEntries(inherited), ...variables };
}
