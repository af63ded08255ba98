import { join, resolve } from "node:path";
import { allProviders, providerOf } from "../agent/providers.ts";
import type { LoginFile, Provider } from "../agent/provider.ts";
import type { ProviderName } from "../domain/agent-provider.ts";
import { type AgentConfig, agentNamed } from "../domain/config.ts";
import { passedEnvironment } from "../domain/environment.ts";
import { agentEnvironment } from "../git/settings.ts";
import { statIfExists } from "../host/files.ts";
import { homeFolder } from "../host/user-folders.ts";
import { readConfig } from "../store/config.ts";
import { askVersion, isOwnScript } from "./program-version.ts";
import type { Workspace } from "./workspace.ts";

/** One agent as it stands on this machine. */
export interface AgentStanding {
  /** Absent for a provider that the configuration does not use. */
  readonly name?: string;
  readonly provider: ProviderName;
  /** Whether it works on specs that name no agent. */
  readonly isDefault: boolean;
  readonly model?: string;
  /** Absent where none is started but the shell. */
  readonly program?: string;
  readonly found: Found;
  readonly login: Login;
  readonly supports: {
    readonly resume: boolean;
    readonly events: boolean;
    readonly tokens: boolean;
    readonly cost: boolean;
    /** Whether it can be asked for members of a spec. */
    readonly json: boolean;
  };
  /** False where it is known from documentation only. */
  readonly isVerified: boolean;
  /** The version that it was tried with. */
  readonly verifiedWith?: string;
}

/** Whether its program is there. It is `own` where it is part of the repository, and is not started only to ask it. */
export type Found =
  | { readonly kind: "version"; readonly version: string }
  | { readonly kind: "silent" | "missing" | "own" };

/** What a key or a login was found by, without a call; `unknown` where nothing tells. */
export type Login =
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "none" | "unknown" | "not_needed" };

/**
 * Looks at every agent that is described, then at the providers that no agent uses. No network, no model; a program may
 * take `limitMs` to say its version.
 */
export async function listAgents(
  { places, repo }: Workspace,
  limitMs: number,
): Promise<readonly AgentStanding[]> {
  const config = await readConfig(places);
  const names = new Set([...config.agents.keys(), "script"]);
  const described = [...names].map((name) => ({ name, agent: agentNamed(config, name) }));
  const used = new Set(described.map(({ agent }) => agent.provider));
  const others = allProviders()
    .filter(({ name, program }) => program !== undefined && !used.has(name))
    .map(({ name }) => ({ name: undefined, agent: { provider: name, command: [] } as AgentConfig }));
  return Promise.all(
    [...described, ...others].map(async ({ name, agent }): Promise<AgentStanding> => {
      const { provider, command, model } = agent;
      const spoken = providerOf(agent);
      const program = command[0] ?? spoken.program;
      // As the agent would get it.
      const env = { ...passedEnvironment(agentEnvironment(), config.agent.envPass), ...agent.env };
      return {
        ...(name === undefined ? {} : { name }),
        provider,
        isDefault: name === config.defaults.agent,
        ...(model === undefined ? {} : { model }),
        ...(program === undefined ? {} : { program }),
        found: await lookFor(provider, program, { env, home: repo.home, limitMs }),
        login: await loginOf(agent, spoken, env),
        supports: {
          resume: spoken.traits?.canResume ?? false,
          events: spoken.reader !== undefined,
          tokens: spoken.traits?.tellsTokens ?? false,
          cost: spoken.traits?.tellsCost ?? false,
          json: spoken.asking !== undefined,
        },
        isVerified: spoken.traits === undefined || spoken.traits.verifiedWith !== undefined,
        ...(spoken.traits?.verifiedWith === undefined ? {} : { verifiedWith: spoken.traits.verifiedWith }),
      };
    }),
  );
}

async function lookFor(
  provider: string,
  program: string | undefined,
  {
    env,
    home,
    limitMs,
  }: { readonly env: NodeJS.ProcessEnv; readonly home: string; readonly limitMs: number },
): Promise<Found> {
  if (program === undefined) return { kind: "own" };
  if (isOwnScript(provider, program)) {
    return { kind: (await statIfExists(resolve(home, program))) === undefined ? "missing" : "own" };
  }
  const end = await askVersion(program, env, limitMs);
  if (end.kind !== "exited") return { kind: "silent" };
  if (end.status === 126 || end.status === 127) return { kind: "missing" };
  const version = versionIn(end.said);
  return end.status !== 0 || version === undefined ? { kind: "silent" } : { kind: "version", version };
}

/** Programs wrap it in words of their own: "codex-cli 0.169.0", "2.1.329 (Claude Code)". */
const versionIn = (said: string): string | undefined =>
  /\d+\.\d+(?:\.\d+)?(?:[-+][0-9A-Za-z.-]+)?/.exec(said)?.[0];

async function loginOf(
  agent: AgentConfig,
  { traits }: Provider,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Login> {
  if (agent.baseUrl !== undefined) {
    if (agent.keyEnv === undefined) return { kind: "not_needed" };
    return isSet(env[agent.keyEnv]) ? { kind: "variable", name: agent.keyEnv } : { kind: "none" };
  }
  if (traits === undefined) return { kind: agent.provider === "script" ? "not_needed" : "unknown" };
  const name = traits.login.variables.find((variable) => isSet(env[variable]));
  if (name !== undefined) return { kind: "variable", name };
  for (const file of traits.login.files) {
    const path = pathOf(file, env);
    if ((await statIfExists(path)) !== undefined) return { kind: "file", path };
  }
  return { kind: "none" };
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== "";

function pathOf(
  { variable, folder, name }: LoginFile,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const named = variable === undefined ? undefined : env[variable];
  return join(isSet(named) && named !== undefined ? named : join(env["HOME"] ?? homeFolder(), folder), name);
}
