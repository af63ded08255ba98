import { type JsonSchema, matching, wholeNumber } from "./config-field.ts";
import { type Complain, isMap, readKeys } from "./config-read.ts";
import type { AgentConfig } from "./config.ts";
import type { Rotation } from "./rotation.ts";

/*
 * The list of agents that share the work, `parallel.agents`, and how the Rust chant says who works on specs: by
 * `defaults.provider`, and by that very list, whose programs are all Claude Code under some name. Here agents are described
 * under `agents`; what stands there holds against this, and an entry of the list then only needs the name.
 */

/** One of the agents that share the work. */
export interface Share {
  readonly name: string;
  /** How often it is chosen, compared with the others. */
  readonly weight: number;
  /** The most specs that it works on at once; as many as there are when left out. */
  readonly maxConcurrent?: number;
}

/** What a file says of agents in the Rust chant's words. */
export interface RustAgents {
  readonly agents: readonly RustAgent[];
  /** The list, where the file has one. */
  readonly shares?: readonly Share[];
  readonly rotation?: Rotation;
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
const STRATEGIES = ["none", "random", "round-robin"] as const;

/** The keys that are read here, as editors are told of them. */
export const RUST_AGENT_KEYS: { readonly [path: string]: JsonSchema } = {
  "defaults.provider": { description: "Of the Rust chant: who works by default.", enum: PROVIDERS },
  "defaults.rotation_strategy": {
    description: "Of the Rust chant: what parallel.rotation is, where that does not say.",
    enum: STRATEGIES,
  },
  "parallel.agents": {
    description:
      "The agents that share the work on specs which name none. Those that are not described under agents are programs of the provider claude.",
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
  const rotation = readStrategy(valueAt(data, "defaults", "rotation_strategy"), complain);
  const claude = readProvider(data, complain);
  const first = listed[0]?.entry ?? claude;
  const entries = listed.map(({ entry }) => entry);
  const agents = entries.length === 0 && claude !== undefined ? [claude] : entries;
  return {
    agents,
    ...(listed.length === 0 ? {} : { shares: listed.map(({ share }) => share) }),
    ...(rotation === undefined ? {} : { rotation }),
    ...(first === undefined ? {} : { first }),
  };
}

function valueAt(data: Data, section: string, key: string): unknown {
  const content = data.get(section);
  return isMap(content) && Object.hasOwn(content, key) ? content[key] : undefined;
}

interface Listed {
  readonly entry: RustAgent;
  readonly share: Share;
}

function readList(value: unknown, complain: Complain): readonly Listed[] {
  const path = ["parallel", "agents"];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    complain("error", path, '"parallel.agents" must be a list of agents.', HINT);
    return [];
  }
  return value.flatMap((entry: unknown, at): readonly Listed[] => {
    const place = [...path, String(at)];
    if (!isMap(entry)) {
      complain("error", place, `"${place.join(".")}" must be a map of keys and values.`, HINT);
      return [];
    }
    const given = readKeys(ENTRY_FIELDS, entry, place, complain);
    const text = (key: "name" | "command"): string => {
      const said = given.get(key);
      return typeof said === "string" ? said : ENTRY_FIELDS[key].default;
    };
    const agent: AgentConfig = { provider: "claude", command: text("command").trim().split(/\s+/) };
    const number = (key: "max_concurrent" | "weight"): number | undefined => {
      const said = given.get(key);
      return typeof said === "number" ? said : undefined;
    };
    const name = text("name");
    const maxConcurrent = number("max_concurrent");
    const share: Share = {
      name,
      weight: number("weight") ?? ENTRY_FIELDS.weight.default,
      ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
    };
    return [{ entry: { name, agent, path: place }, share }];
  });
}

const HINT = "Such as: - { name: main, command: claude }";

function readStrategy(value: unknown, complain: Complain): Rotation | undefined {
  const path = ["defaults", "rotation_strategy"];
  if (value === undefined || value === null) return undefined;
  const strategy = STRATEGIES.find((each) => each === value);
  if (strategy === undefined) {
    complain("error", path, wrongWord("defaults.rotation_strategy", value, STRATEGIES));
  }
  return strategy === "round-robin" ? "round_robin" : strategy;
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
    'Describe one under "agents", for a model of Ollama or OpenAI with the provider opencode and a base_url, and name it in "defaults.agent".',
  );
  return undefined;
}

const wrongWord = (key: string, value: unknown, words: readonly string[]): string =>
  `"${key}" is ${JSON.stringify(value)}; it must be ${words.map((word) => JSON.stringify(word)).join(" or ")}.`;
