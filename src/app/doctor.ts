import { type Check, checkOf } from "../domain/doctor.ts";
import { runtimeName, TOO_LATE, withinLimit } from "../host/probe.ts";
import { statIfExists } from "../host/files.ts";
import { checkConfig } from "./config.ts";
import { checkAgents } from "./doctor/agents.ts";
import { checkBranches } from "./doctor/branches.ts";
import { checkGit, checkGitConfig } from "./doctor/git.ts";
import { checkIgnored } from "./doctor/ignored.ts";
import { checkEvents, checkRepositoryPlace, checkWorktreeRoot } from "./doctor/places.ts";
import { checkRustChant } from "./doctor/rust-chant.ts";
import { checkState } from "./doctor/state.ts";
import type { Workspace } from "./workspace.ts";

/** How long one look may take, in milliseconds. */
const LIMIT_MS = 8_000;
/** How long the program of an agent may take to tell its version, in milliseconds. */
const AGENT_LIMIT_MS = 4_000;

type Probe = readonly [name: string, look: () => Promise<readonly Check[]>];

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Looks at all that chant needs, one thing after the other, each for a limited time. Nothing is changed, but for
 * folders that it makes and removes again, to see whether that can be done.
 */
export async function doctor(
  workspace: Workspace,
  version: string,
  env: Environment,
): Promise<readonly Check[]> {
  const isSetUp = (await statIfExists(workspace.places.chant)) !== undefined;
  const probes: readonly Probe[] = [
    ["chant", async () => [checkOf("chant", "ok", `chant ${version}, run by ${runtimeName()}`)]],
    ["git", () => checkGit(workspace)],
    ["git-config", () => checkGitConfig(workspace)],
    ["repository", () => checkRepositoryPlace(workspace)],
    ...(isSetUp ? ownFiles(workspace, env) : [NOT_SET_UP]),
    ["worktree-root", () => checkWorktreeRoot(workspace)],
    ["file-events", () => checkEvents(workspace)],
    ["agents", () => checkAgents(workspace, AGENT_LIMIT_MS)],
    ["branches", () => checkBranches(workspace)],
    ["state", () => checkState(workspace)],
  ];
  const found: Check[] = [];
  for (const [name, probe] of probes) found.push(...(await look(name, probe)));
  return found;
}

const NOT_SET_UP: Probe = [
  "set-up",
  async () => [checkOf("set-up", "broken", "chant was never set up in this repository.", "chant init")],
];

const ownFiles = (workspace: Workspace, env: Environment): readonly Probe[] => [
  ["ignored", () => checkIgnored(workspace)],
  ["config", () => checkConfigured(workspace, env)],
  ["rust-chant", () => checkRustChant(workspace)],
];

/** What cannot be looked at is a finding as well, and keeps nothing else from being looked at. */
async function look(name: string, probe: () => Promise<readonly Check[]>): Promise<readonly Check[]> {
  try {
    const seen = await withinLimit(LIMIT_MS, probe());
    if (seen !== TOO_LATE) return seen;
    return [
      checkOf(name, "broken", `This could not be seen within ${LIMIT_MS / 1000} s: something hangs there.`),
    ];
  } catch (error) {
    return [checkOf(name, "broken", error instanceof Error ? error.message : String(error))];
  }
}

async function checkConfigured(workspace: Workspace, env: Environment): Promise<readonly Check[]> {
  const problems = await checkConfig(workspace, env);
  if (problems.length === 0) return [checkOf("config", "ok", "the configuration has no problems")];
  return problems.map(({ severity, file, line, column, message, hint, isCarriedOver = false }) =>
    checkOf(
      "config",
      severity === "error" ? "broken" : "warning",
      `${file}:${line}:${column}: ${message}`,
      // What is instead is all there is to do about it.
      isCarriedOver && hint !== undefined ? hint : "chant config check",
    ),
  );
}
