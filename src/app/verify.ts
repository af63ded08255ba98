import { delimiter } from "node:path";
import { checksOf } from "../domain/checks.ts";
import type { Config } from "../domain/config.ts";
import { compareIds, isMemberOf, type SpecId } from "../domain/id.ts";
import { isBroken, type Spec } from "../domain/spec.ts";
import { portVariables } from "../domain/ports.ts";
import { ChantError } from "../kit/errors.ts";
import { GuardReader } from "../git/guard.ts";
import { ObjectReader } from "../git/object-reader.ts";
import { branchOfHead } from "../git/repository.ts";
import { Trees } from "../git/tree.ts";
import { ownProgram } from "../host/own-program.ts";
import { requireConfig } from "../store/config.ts";
import { CheckPlace } from "./check-place.ts";
import { requireTrustedCommands, untrustedAmong } from "./engine/command-trust.ts";
import { commandEndText, commandEnvironment, type CommandResult, runCommand } from "./engine/run-command.ts";
import { requireTrusted } from "./engine/trusted-config.ts";
import { SpecReader } from "./engine/world.ts";
import { setUpVariables } from "./runner/set-up.ts";
import type { NamedCommand } from "./trust.ts";
import { requireIds, requireInitialised, type Workspace } from "./workspace.ts";

export interface VerifyRequest {
  /** Parts of ids; a driver stands for its members. Without any, all specs are meant. */
  readonly partials: readonly string[];
  readonly label?: string | undefined;
}

/** What is verified: completed specs with checks, as they stand on the branch that home is on. */
export interface VerifyPlan {
  /** The branch, without `refs/heads/`. */
  readonly target: string;
  readonly commit: string;
  readonly specs: readonly Spec[];
  /** Named, and without any check. */
  readonly unchecked: readonly SpecId[];
  /** What nobody has let run here yet. */
  readonly untrusted: readonly NamedCommand[];
  readonly config: Config;
}

/** How one criterion did. */
export interface VerifiedCriterion {
  readonly number: number;
  readonly text: string;
  readonly check: string;
  readonly result: "passed" | "failed" | "not_run";
  /** How the check ended, to be put behind its name. */
  readonly how?: string;
  readonly durationMs?: number;
  /** The end of what a check printed that failed. */
  readonly tail?: readonly string[];
}

export interface VerifiedSpec {
  readonly id: SpecId;
  readonly title: string;
  readonly criteria: readonly VerifiedCriterion[];
}

/**
 * Finds what is to be verified; runs nothing.
 * @throws ChantError SPEC_UNKNOWN, SPEC_AMBIGUOUS, STATUS_MOVE_REFUSED, DETACHED_HEAD, NO_COMMIT_YET
 */
export async function planVerify(workspace: Workspace, request: VerifyRequest): Promise<VerifyPlan> {
  const { repo, places } = workspace;
  await requireInitialised(workspace);
  const ids = await requireIds(workspace, request.partials);
  const { config } = await requireConfig(places);
  const target = await branchOfHead(repo.gitDir);
  if (target === undefined) {
    throw new ChantError("DETACHED_HEAD", "HEAD is not on a branch, so there is nothing to verify.", {
      hint: "Switch to the branch that is meant, for example: git switch main",
    });
  }
  using reader = new ObjectReader(repo);
  const commit = await reader.resolve(target);
  if (commit === undefined) throw new ChantError("NO_COMMIT_YET", "This repository has no commit yet.");
  const archive = config.lifecycle.specs.archive.location;
  const onTarget = await new SpecReader(repo, target, reader, new Trees(repo, reader), archive).onTarget();
  const all = [...onTarget.values()].filter((spec): spec is Spec => !isBroken(spec));
  const isDriver = (id: SpecId): boolean => all.some((spec) => isMemberOf(spec.id, id));
  const name = target.replace(/^refs\/heads\//, "");
  for (const id of ids) requireCompleted(onTarget.get(id), id, name, isDriver(id));
  const specs = all
    .filter(({ id, status, labels }) => {
      if (status !== "completed" || isDriver(id)) return false;
      if (request.label !== undefined && !labels.includes(request.label)) return false;
      return ids.length === 0 || ids.some((each) => each === id || isMemberOf(id, each));
    })
    .toSorted((a, b) => compareIds(a.id, b.id));
  const checked = specs.filter(({ criteria }) => checksOf(criteria).length > 0);
  return {
    target: name,
    commit,
    specs: checked,
    unchecked: ids.filter((id) => !isDriver(id) && !checked.some((spec) => spec.id === id)),
    untrusted: checked.length === 0 ? [] : await untrustedOf(workspace, config, checked),
    config,
  };
}

function requireCompleted(
  spec: Spec | { readonly broken: true } | undefined,
  id: SpecId,
  target: string,
  isDriver: boolean,
): void {
  if (spec !== undefined && !("broken" in spec) && (spec.status === "completed" || isDriver)) return;
  const status = spec === undefined ? "not there" : "broken" in spec ? "broken" : spec.status;
  throw new ChantError(
    "STATUS_MOVE_REFUSED",
    `${id} is ${status} on ${target}: only what has landed can be verified.`,
    {
      hint: `See where it stands: chant why ${id}. Nothing was run.`,
    },
  );
}

async function untrustedOf(
  { places }: Workspace,
  { worktree }: Config,
  specs: readonly Spec[],
): Promise<readonly NamedCommand[]> {
  const named = new Map<string, string[]>();
  const name = (command: string, by: string): void => {
    named.set(command, [...(named.get(command) ?? []), by]);
  };
  for (const command of worktree.setup) name(command, "worktree.setup, before the checks");
  for (const command of worktree.teardown) name(command, "worktree.teardown, after the checks");
  for (const { id, criteria } of specs) {
    for (const { check, number } of criteria)
      if (check !== undefined) name(check, `${id}, criterion ${number}`);
  }
  const untrusted = await untrustedAmong(places, [...named.keys()]);
  return untrusted.map((command) => ({ command, namedBy: named.get(command) ?? [] }));
}

/** What happens while it is verified. */
export type VerifyStep =
  | { readonly kind: "preparing" }
  | { readonly kind: "running"; readonly command: string; readonly number: number; readonly of: number }
  | { readonly kind: "warning"; readonly message: string };

export interface VerifyOptions {
  readonly signal: AbortSignal;
  readonly onStep: (step: VerifyStep) => void;
}

/** How long what makes the place ready, or takes it down, may take, in milliseconds. */
const SET_UP_MS = 60 * 60_000;

/**
 * Runs the checks of completed specs on the files of the target's last commit, in a folder of its own: home is not
 * touched, and nothing that they leave behind stays. A command that several criteria name runs once.
 * @throws ChantError COMMANDS_UNTRUSTED; LANDING_WAITS when git would run what an agent configured; WORKTREE_FAILED
 */
export async function verify(
  workspace: Workspace,
  plan: VerifyPlan,
  { signal, onStep }: VerifyOptions,
): Promise<readonly VerifiedSpec[]> {
  const { repo, places } = workspace;
  const { config, specs, commit } = plan;
  const commands = checksOf(specs.flatMap(({ criteria }) => criteria)).map(({ command }) => command);
  if (commands.length === 0) return [];
  await requireTrustedCommands(places, [...config.worktree.setup, ...config.worktree.teardown, ...commands]);
  // The checkout runs the user's filters.
  await requireTrusted({ repo, places, guard: new GuardReader(repo) });
  onStep({ kind: "preparing" });
  const { binFolder } = await ownProgram();
  await using place = await CheckPlace.make(workspace, config, commit);
  const results = new Map<string, CommandResult>();
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
      if (signal.aborted) return reportOf(specs, results);
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
  return reportOf(specs, results);
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

const reportOf = (
  specs: readonly Spec[],
  results: ReadonlyMap<string, CommandResult>,
): readonly VerifiedSpec[] =>
  specs.map(({ id, title, criteria }) => ({
    id,
    title,
    criteria: criteria.flatMap(({ number, text, check }) =>
      check === undefined ? [] : [{ number, text, check, ...outcomeOf(results.get(check)) }],
    ),
  }));

function outcomeOf(
  result: CommandResult | undefined,
): Pick<VerifiedCriterion, "result" | "how" | "durationMs" | "tail"> {
  if (result === undefined) return { result: "not_run" };
  const { end, tail, durationMs } = result;
  if (end.kind === "passed") return { result: "passed", durationMs };
  return { result: "failed", how: commandEndText(end), durationMs, tail };
}
