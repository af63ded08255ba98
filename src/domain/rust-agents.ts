import { type JsonSchema, matching, wholeNumber } from "./config-field.ts";
import { type Complain, isMap, readKeys } from "./config-read.ts";
import type { AgentConfig } from "./config.ts";

/*
 * How the Rust chant says who works on specs: `defaults.provider`, and a list under `parallel.agents`, whose programs are
 * all Claude Code under some name. Here agents are described under `agents`, and what stands there holds against this.
 */

/** What a file says of agents in the Rust chant's words. */
export interface RustAgents {
  readonly agents: readonly RustAgent[];
  /** Who works on a spec that names no agent, where `defaults.agent` does not say. */
  readonly first?: RustAgent;
}

export interface RustAgent {
  readonly name: string;
  readonly agent: AgentConfig;
  /** The way to what describes it. */
  readonly path: readonly string[];
}

type Data = ReadonlyMap<string, unknown>;

const ENTRY_FIELDS = {
  name: matching({
    default: "main",
    brief: "What it is called.",
    pattern: /^[A-Za-z0-9][A-Za-z0-9_-]*$/,
    allowed: "letters, digits, - and _",
  }),
  command: matching({
    default: "claude",
    brief: "The program.",
    pattern: /^[^\s"'`$&|;<>()*?\\][^"'`$&|;<>()*?\\]*$/,
    allowed: 'a program and its arguments without quotes; else describe it under "agents"',
  }),
  max_concurrent: wholeNumber(2, 1, 1000, "How many specs it works on at once."),
  weight: wholeNumber(1, 1, 1000, "How often it is chosen, compared with the others."),
};

const PROVIDERS = ["claude", "ollama", "openai", "kirocli"];
const STRATEGIES = ["none", "random", "round-robin"];

/** The keys that are read here, as editors are told of them. */
export const RUST_AGENT_KEYS: { readonly [path: string]: JsonSchema } = {
  "defaults.provider": { description: "Of the Rust chant: who works by default.", enum: PROVIDERS },
  "defaults.rotation_strategy": {
    description: "Of the Rust chant: without effect but for none.",
    enum: STRATEGIES,
  },
  "parallel.agents": {
    description: "Of the Rust chant: agents of the provider claude; what is described under agents holds.",
    type: "array",
    items: {
      type: "object",
      properties: Object.fromEntries(
        Object.entries(ENTRY_FIELDS).map(([key, { brief, schema }]) => [
          key,
          { description: brief, ...schema },
        ]),
      ),
      additionalProperties: false,
    },
  },
};

/** Tells whether a key is one of those that say in the Rust chant's words who works on specs. */
export const isRustAgentKey = (path: readonly string[]): boolean =>
  Object.hasOwn(RUST_AGENT_KEYS, path.join("."));

/** Reads them; what is wrong, or has no effect here, is complained about. */
export function readRustAgents(data: Data, complain: Complain): RustAgents {
  const listed = readList(valueAt(data, "parallel", "agents"), complain);
  readStrategy(valueAt(data, "defaults", "rotation_strategy"), complain);
  const claude = readProvider(data, complain);
  const first = listed[0] ?? claude;
  const agents = listed.length === 0 && claude !== undefined ? [claude] : listed;
  return { agents, ...(first === undefined ? {} : { first }) };
}

function valueAt(data: Data, section: string, key: string): unknown {
  const content = data.get(section);
  return isMap(content) && Object.hasOwn(content, key) ? content[key] : undefined;
}

function readList(value: unknown, complain: Complain): readonly RustAgent[] {
  const path = ["parallel", "agents"];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    complain("error", path, '"parallel.agents" must be a list of agents.', HINT);
    return [];
  }
  const unread = new Set<string>();
  const agents = value.flatMap((entry: unknown, at) => {
    const place = [...path, String(at)];
    if (!isMap(entry)) {
      complain("error", place, `"${place.join(".")}" must be a map of keys and values.`, HINT);
      return [];
    }
    for (const key of ["max_concurrent", "weight"]) if (Object.hasOwn(entry, key)) unread.add(key);
    const given = readKeys(ENTRY_FIELDS, entry, place, complain);
    const text = (key: "name" | "command"): string => {
      const said = given.get(key);
      return typeof said === "string" ? said : ENTRY_FIELDS[key].default;
    };
    const agent: AgentConfig = { provider: "claude", command: text("command").trim().split(/\s+/) };
    return [{ name: text("name"), agent, path: place }];
  });
  if (unread.size > 0) {
    complain(
      "carried_over",
      path,
      `${[...unread].map((key) => `"${key}"`).join(" and ")} under "parallel.agents" ${unread.size === 1 ? "has" : "have"} no effect yet: agents do not take turns.`,
      'The first in the list works on every spec that names none; how many at once is "parallel.max".',
    );
  }
  return agents;
}

const HINT = "Such as: - { name: main, command: claude }";

function readStrategy(value: unknown, complain: Complain): void {
  const path = ["defaults", "rotation_strategy"];
  if (value === undefined || value === null || value === "none") return;
  if (typeof value === "string" && STRATEGIES.includes(value)) {
    complain(
      "carried_over",
      path,
      `"defaults.rotation_strategy" has no effect yet: agents do not take turns.`,
      'The first under "parallel.agents" works on every spec that names none.',
    );
  } else complain("error", path, wrongWord("defaults.rotation_strategy", value, STRATEGIES));
}

function readProvider(data: Data, complain: Complain): RustAgent | undefined {
  const path = ["defaults", "provider"];
  const value = valueAt(data, "defaults", "provider");
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || !PROVIDERS.includes(value)) {
    complain("error", path, wrongWord("defaults.provider", value, PROVIDERS));
    return undefined;
  }
  if (typeof valueAt(data, "defaults", "agent") === "string") {
    complain("carried_over", path, '"defaults.provider" has no effect beside "defaults.agent".');
    return undefined;
  }
  if (value === "claude") return { name: "claude", agent: { provider: "claude", command: [] }, path };
  complain(
    "carried_over",
    path,
    `"defaults.provider" is ${JSON.stringify(value)}, which has no effect here: chant asks no model by itself, it starts agents.`,
    'Describe one that can use it under "agents", with the provider command, and name it in "defaults.agent".',
  );
  return undefined;
}

const wrongWord = (key: string, value: unknown, words: readonly string[]): string =>
  `"${key}" is ${JSON.stringify(value)}; it must be ${words.map((word) => JSON.stringify(word)).join(" or ")}.`;
