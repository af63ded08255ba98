import { ChantError } from "../kit/errors.ts";
import { closest } from "../kit/text.ts";
import { fieldsUnder, isMap, keysOf, readKeys, suggestion } from "./config-read.ts";
import type { Complain } from "./config-read.ts";
import { AGENT_FIELDS, AGENT_NAME, CONFIG_FIELDS, REQUIRED_KEYS } from "./config-schema.ts";
import { parseFrontMatter, positionOfKey } from "./front-matter.ts";
import type { NotifyEvent } from "./notification.ts";
import type { RetryPolicy } from "./retry.ts";
import type { SpecType } from "./spec-front.ts";

/** An agent as the config describes it. */
export interface AgentConfig {
  readonly provider: "command" | "script" | "claude";
  /** Program and arguments; may be empty for any provider but `command`. */
  readonly command: readonly string[];
  readonly model?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly permissionMode?: string;
  readonly flags?: readonly string[];
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
  readonly parallel: { readonly max: number };
  readonly worktree: {
    readonly root: string;
    readonly copy: readonly string[];
    readonly link: readonly string[];
  };
  readonly work: { readonly landingWaitMinutes: number; readonly watch: boolean };
  readonly approval: {
    /** Labels and types. */
    readonly requiredFor: readonly string[];
    readonly rejectionAction: "manual" | "dependency" | "group";
  };
  readonly judge: { readonly requireChanges: boolean | readonly SpecType[] };
  /** 0 turns a limit off. */
  readonly agent: { readonly stallMinutes: number; readonly timeoutMinutes: number };
  readonly land: { readonly sign: "off" | "auto" };
  readonly merge: { readonly onConflict: "attention" };
  readonly watch: {
    readonly pollIntervalMs: number;
    /** 0 is never. */
    readonly idleTimeoutMinutes: number;
    readonly staleAfterMinutes: number;
    readonly failure: RetryPolicy & { readonly onPermanentFailure: "skip" | "stop" };
  };
  readonly lifecycle: { readonly branches: { readonly deleteAfterMerge: boolean } };
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

/** Something wrong in a config file. After an error the default holds; a warning changes nothing. */
export interface Problem {
  readonly severity: "error" | "warning";
  readonly file: string;
  /** Counts from 1, in the whole file. */
  readonly line: number;
  /** Counts from 1. */
  readonly column: number;
  readonly message: string;
  readonly hint?: string;
}

/** A config file: its text and the name under which its problems are told. */
export interface ConfigFile {
  readonly text: string;
  readonly fileName: string;
}

type Path = keyof typeof CONFIG_FIELDS;
type Values = { readonly [P in Path]: (typeof CONFIG_FIELDS)[P]["default"] };
/** Reads a config file: its front matter is the config, the text below is for people. */
export const parseConfig = (
  text: string,
  fileName: string,
): { readonly config: Config; readonly problems: readonly Problem[] } => parseConfigs([{ text, fileName }]);

/** Reads several config files, each overriding the ones before it key by key. */
export function parseConfigs(files: readonly ConfigFile[]): {
  readonly config: Config;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const values = new Map<string, unknown>();
  const agents = new Map<string, AgentConfig>();
  for (const { text, fileName: file } of files) {
    const read = parseFrontMatter(text);
    if (!read.ok) {
      const { line, column, message } = read;
      problems.push({ severity: "error", file, line, column, message });
      continue;
    }
    const complain: Complain = (severity, path, message, hint) => {
      const place = positionOfKey(text, ...path);
      problems.push({ severity, file, ...place, message, ...(hint === undefined ? {} : { hint }) });
    };
    readSections(read.data, values, agents, complain);
  }
  return { config: configOf(valuesOf(values), agents), problems };
}

const SECTIONS = [...keysOf(CONFIG_FIELDS), "agents"];

function readSections(
  data: ReadonlyMap<string, unknown>,
  values: Map<string, unknown>,
  agents: Map<string, AgentConfig>,
  complain: Complain,
): void {
  for (const [section, content] of data) {
    if (!SECTIONS.includes(section)) {
      complain("warning", [section], `There is no key "${section}".`, suggestion(section, SECTIONS));
    } else if (content !== null && !isMap(content)) {
      complain("error", [section], `"${section}" must be a map of keys and values.`);
    } else if (section === "agents") {
      for (const [name, agent] of Object.entries(content ?? {})) {
        const read = readAgent(name, agent, complain);
        if (read !== undefined) agents.set(name, read);
      }
    } else {
      checkRequired(section, content ?? {}, values, complain);
      const given = readKeys(fieldsUnder(CONFIG_FIELDS, section), content ?? {}, [section], complain);
      for (const [key, value] of given) values.set(`${section}.${key}`, value);
    }
  }
}

/** Finds maps without the key that they are nothing without, and forgets what an earlier file said there. */
function checkRequired(
  section: string,
  content: { readonly [key: string]: unknown },
  values: Map<string, unknown>,
  complain: Complain,
): void {
  for (const [path, { key, hint }] of Object.entries(REQUIRED_KEYS)) {
    const names = path.split(".");
    const map = names[0] === section ? content[names[1] ?? ""] : undefined;
    if (!isMap(map)) continue;
    for (const known of values.keys()) if (known.startsWith(`${path}.`)) values.delete(known);
    if (!Object.hasOwn(map, key) || map[key] === null) {
      complain("error", names, `"${path}.${key}" is missing.`, hint);
    }
  }
}

function readAgent(name: string, content: unknown, complain: Complain): AgentConfig | undefined {
  const path = ["agents", name];
  if (!AGENT_NAME.test(name)) {
    complain(
      "error",
      path,
      `${JSON.stringify(name)} cannot be the name of an agent; it must be made of letters, digits, - and _.`,
    );
    return undefined;
  }
  if (!isMap(content)) {
    complain(
      "error",
      path,
      `"agents.${name}" must be a map of keys and values.`,
      `Its keys are ${Object.keys(AGENT_FIELDS).join(", ")}.`,
    );
    return undefined;
  }
  const given = readKeys(AGENT_FIELDS, content, path, complain);
  const agent = Object.fromEntries(
    Object.entries(AGENT_FIELDS).flatMap(([key, field]): [string, unknown][] => {
      const value = given.has(key) ? given.get(key) : field.default;
      return value === undefined ? [] : [[key === "permission_mode" ? "permissionMode" : key, value]];
    }),
  ) as unknown as AgentConfig;
  if (agent.provider === "command" && agent.command.length === 0) {
    if (isMap(content) && !Object.hasOwn(content, "command")) {
      complain(
        "error",
        path,
        `"agents.${name}.command" is missing.`,
        'Name the program and its arguments, for example ["claude", "-p"].',
      );
    }
    return undefined;
  }
  return agent;
}

const valuesOf = (given: ReadonlyMap<string, unknown>): Values =>
  // Checked: what is in the map was returned by the field's own reader.
  Object.fromEntries(
    Object.entries(CONFIG_FIELDS).map(([path, field]) => [
      path,
      given.has(path) ? given.get(path) : field.default,
    ]),
  ) as Values;

const configOf = (values: Values, agents: ReadonlyMap<string, AgentConfig>): Config => ({
  defaults: {
    agent: values["defaults.agent"],
    branchPrefix: values["defaults.branch_prefix"],
    autoCommit: values["defaults.auto_commit"],
    prompt: values["defaults.prompt"],
    model: values["defaults.model"],
  },
  agents,
  parallel: { max: values["parallel.max"] },
  worktree: {
    root: values["worktree.root"],
    copy: values["worktree.copy"],
    link: values["worktree.link"],
  },
  work: { landingWaitMinutes: values["work.landing_wait_minutes"], watch: values["work.watch"] },
  approval: {
    requiredFor: values["approval.required_for"],
    rejectionAction: values["approval.rejection_action"],
  },
  judge: { requireChanges: values["judge.require_changes"] },
  agent: { stallMinutes: values["agent.stall_minutes"], timeoutMinutes: values["agent.timeout_minutes"] },
  land: { sign: values["land.sign"] },
  merge: { onConflict: values["merge.on_conflict"] },
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
  lifecycle: { branches: { deleteAfterMerge: values["lifecycle.branches.delete_after_merge"] } },
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
  const names = [...config.agents.keys(), "script"];
  const near = closest(name, names);
  throw new ChantError("AGENT_UNKNOWN", `There is no agent ${JSON.stringify(name)}.`, {
    hint:
      near === undefined
        ? `Describe it under "agents" in .chant/config.md. Known now: ${names.join(", ")}.`
        : `Did you mean ${near}? Agents are described under "agents" in .chant/config.md.`,
  });
}

/** Tells whether `judge.require_changes` holds for specs of a type. */
export function requiresChanges(config: Config, type: string): boolean {
  const { requireChanges } = config.judge;
  return typeof requireChanges === "boolean"
    ? requireChanges
    : requireChanges.some((required) => required === type);
}
