import { ChantError } from "../kit/errors.ts";
import { closest } from "../kit/text.ts";
import type { ProviderName } from "./agent-provider.ts";
import type { Budget } from "./budget.ts";
import { type ConfigFile, type Layer, type Origin, type Problem, readLayer } from "./config-layer.ts";
import { CONFIG_FIELDS, isPersonal } from "./config-schema.ts";
import type { DerivationRules } from "./derive.ts";
import type { NotifyEvent } from "./notification.ts";
import type { RetryPolicy } from "./retry.ts";
import type { Rotation } from "./rotation.ts";
import type { Share } from "./rust-agents.ts";
import type { SpecType } from "./spec-front.ts";

/** An agent as the config describes it. */
export interface AgentConfig {
  readonly provider: ProviderName;
  /** Program and arguments; may be empty for any provider but `command`. */
  readonly command: readonly string[];
  readonly model?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly permissionMode?: string;
  readonly flags?: readonly string[];
  /** An endpoint that speaks OpenAI's format. */
  readonly baseUrl?: string;
  /** The variable that holds its key. */
  readonly keyEnv?: string;
  /** What becomes of a permission that it asks for. */
  readonly permissions?: "allow" | "deny" | "ask";
}

/** The config of a repository, complete: what no file says has its default. Each key is described in CONFIG_FIELDS. */
export interface Config {
  readonly defaults: {
    readonly agent: string;
    readonly branchPrefix: string;
    readonly autoCommit: boolean;
    readonly prompt: string;
    readonly model: string | undefined;
  };
  readonly agents: ReadonlyMap<string, AgentConfig>;
  readonly project: { readonly name: string | undefined };
  readonly parallel: {
    readonly max: number;
    readonly rotation: Rotation;
    /** Those that share the work; none where one agent does it all. */
    readonly agents: readonly Share[];
  };
  readonly worktree: {
    readonly root: string;
    readonly copy: readonly string[];
    readonly link: readonly string[];
    readonly setup: readonly string[];
    readonly teardown: readonly string[];
    readonly ports: number;
  };
  readonly work: { readonly landingWaitMinutes: number; readonly watch: boolean };
  readonly approval: {
    /** Labels and types. */
    readonly requiredFor: readonly string[];
    readonly rejectionAction: "manual" | "dependency" | "group";
    /** Whether every run's result needs a person's approval. */
    readonly result: boolean;
  };
  readonly judge: {
    readonly requireChanges: boolean | readonly SpecType[];
    readonly checkTimeoutMinutes: number;
  };
  /** 0 turns a limit off. */
  readonly agent: {
    readonly stallMinutes: number;
    readonly timeoutMinutes: number;
    /** The variables of the environment that agents get besides the usual ones. */
    readonly envPass: "all" | readonly string[];
  };
  readonly merge: {
    /** Commands of the shell. */
    readonly gates: readonly string[];
    readonly gateTimeoutMinutes: number;
    readonly onGateFailure: "resume" | "attention";
  };
  readonly budget: Budget;
  readonly land: { readonly sign: "off" | "auto" };
  readonly watch: {
    readonly pollIntervalMs: number;
    /** 0 is never. */
    readonly idleTimeoutMinutes: number;
    readonly staleAfterMinutes: number;
    readonly failure: RetryPolicy & { readonly onPermanentFailure: "skip" | "stop" };
  };
  readonly lifecycle: {
    readonly specs: {
      /** `forever`, or a duration such as `90d`. */
      readonly retention: string;
      readonly archive: {
        readonly enabled: boolean;
        /** Relative to the repository, without a slash at its end. */
        readonly location: string;
        readonly compress: boolean;
      };
    };
    /** `forever`, or a duration such as `1y`. */
    readonly journal: { readonly retention: string };
    readonly branches: {
      readonly deleteAfterMerge: boolean;
      /** As `specs.retention`. */
      readonly retainUnmerged: string;
    };
    /** Sizes such as `50MB`. */
    readonly logs: { readonly retention: string; readonly maxSize: string };
    readonly snapshots: { readonly retention: string; readonly ignoredMaxSize: string };
  };
  /** Names of rules; what is no such name means nothing. */
  readonly lint: { readonly disable: readonly string[] };
  /** What is taken out of logs, reasons, notifications and exports besides what is known to be a secret. */
  readonly redact: { readonly patterns: readonly string[] };
  /** How keys of specs are derived, by key. */
  readonly enterprise: { readonly derived: DerivationRules };
  readonly notify: NotifyConfig;
}

/** Who is told of what; nobody where a part is not there. */
export interface NotifyConfig {
  readonly webhook?: {
    readonly url: string;
    /** The environment variable that holds the secret; unsigned without one. */
    readonly secretEnv?: string;
    readonly events: readonly NotifyEvent[];
  };
  readonly command?: { readonly argv: readonly string[]; readonly events: readonly NotifyEvent[] };
  readonly desktop?: { readonly events: readonly NotifyEvent[] };
}

type Path = keyof typeof CONFIG_FIELDS;
type Values = { readonly [P in Path]: (typeof CONFIG_FIELDS)[P]["default"] };

/** A config that was read: what holds, what is wrong with the files, and where each key stands that one of them names. */
export interface ReadConfig {
  readonly config: Config;
  /** Every key of CONFIG_FIELDS by its path, with its value or default. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly problems: readonly Problem[];
  /** By path, such as `watch.failure.jitter` and `agents.claude.command`; a key that is not there has its default. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/** Reads a config file: its front matter is the config, the text below is for people. */
export const parseConfig = (text: string, fileName: string): ReadConfig => parseConfigs([{ text, fileName }]);

const isUser = ({ file }: Layer): boolean => file.isUser === true;

/**
 * Reads several config files, each overriding the ones before it key by key, and agents by name. Only of what is personal
 * does a file of the user's override the others.
 */
export function parseConfigs(files: readonly ConfigFile[]): ReadConfig {
  const layers = files.map(readLayer);
  const userLast = [...layers.filter((layer) => !isUser(layer)), ...layers.filter(isUser)];
  const values = new Map<string, unknown>();
  const origins = new Map<string, Origin>();
  for (const layer of layers) overlay(layer, (path) => !isPersonal(path), values, origins);
  for (const layer of userLast) overlay(layer, isPersonal, values, origins);
  const agents = new Map<string, AgentConfig>();
  layRustAgents(layers, agents, values, origins);
  for (const { file, agents: described } of layers) {
    for (const [name, { agent, keys }] of described) {
      agents.set(name, agent);
      forgetUnder(`agents.${name}`, origins);
      for (const key of keys) origins.set(`agents.${name}.${key}`, { file, path: ["agents", name, key] });
    }
  }
  const problems = layers.flatMap((layer) => layer.problems);
  const complete = valuesOf(values);
  return {
    config: configOf(complete, agents, layers.findLast(({ rust }) => rust.shares !== undefined)?.rust.shares),
    values: new Map(Object.entries(complete)),
    problems,
    origins,
  };
}

/** Takes what files say of agents in the Rust chant's words, below all that is said in this one's. */
function layRustAgents(
  layers: readonly Layer[],
  agents: Map<string, AgentConfig>,
  values: Map<string, unknown>,
  origins: Map<string, Origin>,
): void {
  for (const { file, rust } of layers) {
    for (const { name, agent, path } of rust.agents) {
      agents.set(name, agent);
      for (const key of ["provider", "command"]) origins.set(`agents.${name}.${key}`, { file, path });
    }
  }
  const turning = layers.findLast(({ rust }) => rust.rotation !== undefined);
  if (turning !== undefined && !values.has("parallel.rotation")) {
    values.set("parallel.rotation", turning.rust.rotation);
    const path = ["defaults", "rotation_strategy"];
    origins.set("parallel.rotation", { file: turning.file, path });
  }
  const layer = layers.findLast(({ rust }) => rust.first !== undefined);
  if (layer?.rust.first === undefined || values.has("defaults.agent")) return;
  values.set("defaults.agent", layer.rust.first.name);
  origins.set("defaults.agent", { file: layer.file, path: layer.rust.first.path });
}

/** Lays the keys of one file over those before, as far as they are of one kind. */
function overlay(
  layer: Layer,
  isMeant: (path: string) => boolean,
  values: Map<string, unknown>,
  origins: Map<string, Origin>,
): void {
  for (const map of layer.wholeMaps.filter(isMeant)) {
    forgetUnder(map, values);
    forgetUnder(map, origins);
  }
  for (const [path, value] of layer.values) {
    if (!isMeant(path)) continue;
    values.set(path, value);
    origins.set(path, { file: layer.file, path: path.split(".") });
  }
}

function forgetUnder(map: string, known: Map<string, unknown>): void {
  for (const path of known.keys()) if (path.startsWith(`${map}.`)) known.delete(path);
}

const valuesOf = (given: ReadonlyMap<string, unknown>): Values =>
  // Checked: what is in the map was returned by the field's own reader.
  Object.fromEntries(
    Object.entries(CONFIG_FIELDS).map(([path, field]) => [
      path,
      given.has(path) ? given.get(path) : field.default,
    ]),
  ) as Values;

/** Returns the config that complete values by path make. */
export const configOf = (
  values: Values,
  agents: ReadonlyMap<string, AgentConfig>,
  shares: readonly Share[] = [],
): Config => ({
  defaults: {
    agent: values["defaults.agent"],
    branchPrefix: values["defaults.branch_prefix"],
    autoCommit: values["defaults.auto_commit"],
    prompt: values["defaults.prompt"],
    model: values["defaults.model"],
  },
  agents,
  project: { name: values["project.name"] },
  parallel: { max: values["parallel.max"], rotation: values["parallel.rotation"], agents: shares },
  worktree: {
    root: values["worktree.root"],
    copy: values["worktree.copy"],
    link: values["worktree.link"],
    setup: values["worktree.setup"],
    teardown: values["worktree.teardown"],
    ports: values["worktree.ports"],
  },
  work: { landingWaitMinutes: values["work.landing_wait_minutes"], watch: values["work.watch"] },
  approval: {
    requiredFor: values["approval.required_for"],
    rejectionAction: values["approval.rejection_action"],
    result: values["approval.result"],
  },
  judge: {
    requireChanges: values["judge.require_changes"],
    checkTimeoutMinutes: values["judge.check_timeout_minutes"],
  },
  agent: {
    stallMinutes: values["agent.stall_minutes"],
    timeoutMinutes: values["agent.timeout_minutes"],
    envPass: values["agent.env_pass"],
  },
  merge: {
    gates: values["merge.gates"],
    gateTimeoutMinutes: values["merge.gate_timeout_minutes"],
    onGateFailure: values["merge.on_gate_failure"],
  },
  budget: {
    runUsd: values["budget.run_usd"],
    runTokens: values["budget.run_tokens"],
    dayUsd: values["budget.day_usd"],
  },
  land: { sign: values["land.sign"] },
  watch: {
    pollIntervalMs: values["watch.poll_interval_ms"],
    idleTimeoutMinutes: values["watch.idle_timeout_minutes"],
    staleAfterMinutes: values["watch.stale_after_minutes"],
    failure: {
      maxRetries: values["watch.failure.max_retries"],
      retryDelayMs: values["watch.failure.retry_delay_ms"],
      backoffMultiplier: values["watch.failure.backoff_multiplier"],
      maxDelayMs: values["watch.failure.max_delay_ms"],
      jitter: values["watch.failure.jitter"],
      retryablePatterns: values["watch.failure.retryable_patterns"],
      onPermanentFailure: values["watch.failure.on_permanent_failure"],
    },
  },
  lifecycle: {
    specs: {
      retention: values["lifecycle.specs.retention"],
      archive: {
        enabled: values["lifecycle.specs.archive.enabled"],
        location: values["lifecycle.specs.archive.location"].replace(/\/+$/, ""),
        compress: values["lifecycle.specs.archive.compress"],
      },
    },
    journal: { retention: values["lifecycle.journal.retention"] },
    branches: {
      deleteAfterMerge: values["lifecycle.branches.delete_after_merge"],
      retainUnmerged: values["lifecycle.branches.retain_unmerged"],
    },
    logs: {
      retention: values["lifecycle.logs.retention"],
      maxSize: values["lifecycle.logs.max_size"],
    },
    snapshots: {
      retention: values["lifecycle.snapshots.retention"],
      ignoredMaxSize: values["lifecycle.snapshots.ignored_max_size"],
    },
  },
  lint: { disable: values["lint.disable"] },
  enterprise: { derived: values["enterprise.derived"] },
  redact: { patterns: values["redact.patterns"] },
  notify: notifyOf(values),
});

function notifyOf(values: Values): NotifyConfig {
  const url = values["notify.webhook.url"];
  const secretEnv = values["notify.webhook.secret_env"];
  const argv = values["notify.command.argv"];
  return {
    ...(url === undefined
      ? {}
      : {
          webhook: {
            url,
            ...(secretEnv === undefined ? {} : { secretEnv }),
            events: values["notify.webhook.events"],
          },
        }),
    ...(argv === undefined ? {} : { command: { argv, events: values["notify.command.events"] } }),
    ...(values["notify.desktop"] ? { desktop: { events: values["notify.desktop.events"] } } : {}),
  };
}

/** What holds without any config file. */
export const DEFAULT_CONFIG: Config = parseConfigs([]).config;

const SCRIPT_AGENT: AgentConfig = { provider: "script", command: [] };

/**
 * Returns the agent of a name. `script` is there without being described.
 * @throws ChantError AGENT_UNKNOWN, with the nearest name in the hint.
 */
export function agentNamed(config: Config, name: string): AgentConfig {
  const agent = config.agents.get(name) ?? (name === "script" ? SCRIPT_AGENT : undefined);
  if (agent !== undefined) return agent;
  const names = [...new Set([...config.agents.keys(), "script"])];
  const near = closest(name, names);
  throw new ChantError("AGENT_UNKNOWN", `There is no agent ${JSON.stringify(name)}.`, {
    hint:
      near === undefined
        ? `Describe it under "agents" in .chant/config.md. Known now: ${names.join(", ")}.`
        : `Did you mean ${near}? Agents are described under "agents" in .chant/config.md.`,
  });
}
