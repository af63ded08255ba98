import { delimiter } from "node:path";
import type { Config } from "../domain/config.ts";
import { portVariables } from "../domain/ports.ts";
import { ChantError } from "../kit/errors.ts";
import { GuardReader } from "../git/guard.ts";
import { ownProgram } from "../host/own-program.ts";
import { CheckPlace } from "./check-place.ts";
import { requireTrustedCommands } from "./engine/command-trust.ts";
import { commandEndText, commandEnvironment, type CommandResult, runCommand } from "./engine/run-command.ts";
import { requireTrusted } from "./engine/trusted-config.ts";
import { setUpVariables } from "./runner/set-up.ts";
import type { Workspace } from "./workspace.ts";

/** Commands to run on the files of a commit. */
export interface ChecksAt {
  readonly config: Config;
  readonly commit: string;
  readonly commands: readonly string[];
}

export type ChecksAtStep =
  | { readonly kind: "preparing" }
  | { readonly kind: "running"; readonly command: string; readonly number: number; readonly of: number }
  | { readonly kind: "warning"; readonly message: string };

export interface ChecksAtOptions {
  readonly signal: AbortSignal;
  readonly onStep: (step: ChecksAtStep) => void;
}

/** How long what makes the place ready, or takes it down, may take, in milliseconds. */
const SET_UP_MS = 60 * 60_000;

/**
 * Runs commands one after the other on the files of a commit, in a folder of its own that goes afterwards, and returns
 * how each of them ended; one that the signal stopped or left out is missing.
 * @throws ChantError COMMANDS_UNTRUSTED; LANDING_WAITS when git would run what an agent configured; WORKTREE_FAILED
 */
export async function runChecksAt(
  workspace: Workspace,
  { config, commit, commands }: ChecksAt,
  { signal, onStep }: ChecksAtOptions,
): Promise<ReadonlyMap<string, CommandResult>> {
  const { repo, places } = workspace;
  const results = new Map<string, CommandResult>();
  if (commands.length === 0) return results;
  await requireTrustedCommands(places, [...config.worktree.setup, ...config.worktree.teardown, ...commands]);
  // The checkout runs the user's filters.
  await requireTrusted({ repo, places, guard: new GuardReader(repo) });
  onStep({ kind: "preparing" });
  const { binFolder } = await ownProgram();
  await using place = await CheckPlace.make(workspace, config, commit);
  const { path, token, outputFile, ports } = place;
  const run = (
    command: string,
    env: NodeJS.ProcessEnv,
    timeoutMs: number,
    by = signal,
  ): Promise<CommandResult> =>
    runCommand({ command, cwd: path, env, token, timeoutMs, outputFile, signal: by });
  const around = setUpVariables({ id: "verify", branch: "HEAD", repo, ports, worktree: path, binFolder });
  try {
    for (const command of config.worktree.setup) {
      if (signal.aborted) return results;
      requirePassed(command, await run(command, around, SET_UP_MS));
    }
    const env = commandEnvironment({
      ...portVariables(ports),
      PATH: [binFolder, process.env["PATH"] ?? ""].join(delimiter),
    });
    for (const [at, command] of commands.entries()) {
      if (signal.aborted) break;
      onStep({ kind: "running", command, number: at + 1, of: commands.length });
      const result = await run(command, env, config.judge.checkTimeoutMinutes * 60_000);
      if (result.end.kind !== "stopped") results.set(command, result);
    }
  } finally {
    for (const command of config.worktree.teardown) {
      const { end } = await run(command, around, SET_UP_MS, new AbortController().signal);
      const message = `taking down: ${JSON.stringify(command)} ${commandEndText(end)}`;
      if (end.kind !== "passed") onStep({ kind: "warning", message });
    }
  }
  return results;
}

function requirePassed(command: string, { end, tail }: CommandResult): void {
  if (end.kind === "passed" || end.kind === "stopped") return;
  const last = tail.findLast((line) => line.trim() !== "");
  const words = last === undefined ? "" : `: ${last.trim()}`;
  throw new ChantError(
    "WORKTREE_FAILED",
    `The folder for the checks could not be set up: ${JSON.stringify(command)} ${commandEndText(end)}${words}.`,
    { hint: "Mend worktree.setup in .chant/config.md. No check was run." },
  );
}
