import { driverOf, isMemberOf, type SpecId } from "../domain/id.ts";
import { isBroken, type Spec } from "../domain/spec.ts";
import { parseCommit } from "../git/commit.ts";
import { GuardReader } from "../git/guard.ts";
import { ObjectReader } from "../git/object-reader.ts";
import { branchOfHead } from "../git/repository.ts";
import { Trees } from "../git/tree.ts";
import { readConfig } from "../store/config.ts";
import { SpecFiles } from "../store/spec-files.ts";
import { trustCommands, trustedCommands } from "./engine/command-trust.ts";
import { gateRules } from "./engine/gate-rules.ts";
import { readRecords } from "./engine/record.ts";
import { acceptConfig, untrustedDifferences } from "./engine/trusted-config.ts";
import type { Workspace } from "./workspace.ts";

/** Returns in words what the git configuration has got, since runs are under way, that can run code. */
export async function untrustedConfig({ repo, places }: Workspace): Promise<readonly string[]> {
  return untrustedDifferences({ repo, places, guard: new GuardReader(repo) });
}

/** Accepts the git configuration as it is now: nothing waits for it any longer. */
export async function trustConfig({ repo, places }: Workspace): Promise<void> {
  await acceptConfig({ repo, places, guard: new GuardReader(repo) });
}

/** A command that chant would run, and where it is named, as a person finds it. */
export interface NamedCommand {
  readonly command: string;
  readonly namedBy: readonly string[];
}

/** Which specs are meant: those of some ids, with all their members, and of a label. Without either, all of them. */
export interface Meant {
  readonly ids?: readonly SpecId[];
  readonly label?: string | undefined;
  /** Only those that may still be worked. */
  readonly isOpen?: boolean;
}

/** Returns the commands of the configuration, of the targets' gates, and of the specs on disk that nobody has let run here yet. */
export async function untrustedCommands(
  { repo, places }: Workspace,
  meant: Meant = {},
): Promise<readonly NamedCommand[]> {
  const specs = [...(await new SpecFiles(places.specs).all()).values()];
  const trusted = await trustedCommands(places);
  const named = new Map<string, string[]>();
  const name = (command: string, by: string): void => {
    if (!trusted.has(command)) named.set(command, [...(named.get(command) ?? []), by]);
  };
  const isStart = specs.some((spec) => !isBroken(spec) && isMeant(spec, meant));
  if (isStart || meant.isOpen !== true) {
    const { setup, teardown } = (await readConfig(places)).worktree;
    for (const command of setup) name(command, "worktree.setup, in every worktree before its agent");
    for (const command of teardown) name(command, "worktree.teardown, before a worktree is removed");
  }
  for (const { branch, gates } of await gatesOfTargets({ repo, places })) {
    for (const gate of gates) name(gate, `merge.gates on ${branch}`);
  }
  const drivers = new Set(specs.map(({ id }) => driverOf(id)));
  for (const spec of specs) {
    // A driver's own criteria do not count.
    if (isBroken(spec) || drivers.has(spec.id) || !isMeant(spec, meant)) continue;
    for (const { check, number } of spec.criteria) {
      if (check !== undefined) name(check, `${spec.id}, criterion ${number}`);
    }
  }
  return [...named].map(([command, namedBy]) => ({ command, namedBy }));
}

/** Returns the gates of the branch that home is on, and of those on which runs land that are under way. */
async function gatesOfTargets({
  repo,
  places,
}: Workspace): Promise<readonly { readonly branch: string; readonly gates: readonly string[] }[]> {
  using reader = new ObjectReader(repo);
  const trees = new Trees(repo, reader);
  const config = await readConfig(places);
  const here = await branchOfHead(repo.gitDir);
  const records = [...(await readRecords(places)).values()];
  const targets = new Set([...(here === undefined ? [] : [here]), ...records.map(({ target }) => target)]);
  const found: { branch: string; gates: readonly string[] }[] = [];
  for (const target of targets) {
    const tip = await reader.resolve(target);
    const commit = tip === undefined ? undefined : await reader.read(tip);
    if (commit === undefined) continue;
    const rules = await gateRules({ places, config, reader, trees }, parseCommit(commit.content).tree);
    found.push({ branch: target.replace(/^refs\/heads\//, ""), gates: rules.commands });
  }
  return found;
}

function isMeant(spec: Spec, { ids = [], label, isOpen }: Meant): boolean {
  const { id, status, labels } = spec;
  if (status === "cancelled" || (isOpen === true && status === "completed")) return false;
  if (label !== undefined && !labels.includes(label)) return false;
  return ids.length === 0 || ids.some((each) => each === id || isMemberOf(id, each));
}

/** Lets commands run in this repository from now on. */
export async function letRun({ places }: Workspace, commands: readonly NamedCommand[]): Promise<void> {
  await trustCommands(
    places,
    commands.map(({ command }) => command),
  );
}
