import { checksOf } from "../domain/checks.ts";
import type { Config } from "../domain/config.ts";
import { compareIds, isMemberOf, type SpecId } from "../domain/id.ts";
import { isBroken, type Spec } from "../domain/spec.ts";
import { ChantError } from "../kit/errors.ts";
import { ObjectReader } from "../git/object-reader.ts";
import { branchOfHead } from "../git/repository.ts";
import { Trees } from "../git/tree.ts";
import { requireConfig } from "../store/config.ts";
import { untrustedAmong } from "./engine/command-trust.ts";
import { commandEndText, type CommandResult } from "./engine/run-command.ts";
import { type ChecksAtOptions, runChecksAt } from "./checks-at.ts";
import { SpecReader } from "./engine/world.ts";
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
    for (const { check, number } of criteria) {
      if (check !== undefined) name(check, `${id}, criterion ${number}`);
    }
  }
  const untrusted = await untrustedAmong(places, [...named.keys()]);
  return untrusted.map((command) => ({ command, namedBy: named.get(command) ?? [] }));
}

/**
 * Runs the checks of completed specs on the files of the target's last commit: home is not touched, and nothing that they
 * leave behind stays. A command that several criteria name runs once.
 * @throws ChantError as `runChecksAt`
 */
export async function verify(
  workspace: Workspace,
  { config, specs, commit }: VerifyPlan,
  options: ChecksAtOptions,
): Promise<readonly VerifiedSpec[]> {
  const commands = checksOf(specs.flatMap(({ criteria }) => criteria)).map(({ command }) => command);
  return reportOf(specs, await runChecksAt(workspace, { config, commit, commands }, options));
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
