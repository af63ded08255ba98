import type { AgentConfig } from "./config.ts";
import { complainOfUnknown, fieldsUnder, isMap, keysOf, readKeys } from "./config-read.ts";
import type { Complain } from "./config-read.ts";
import { AGENT_FIELDS, AGENT_NAME, CONFIG_FIELDS, REQUIRED_KEYS } from "./config-schema.ts";
import { parseFrontMatter, positionOfKey } from "./front-matter.ts";
import { isRustAgentKey, readRustAgents, type RustAgents } from "./rust-agents.ts";

/** A config file: its text and the name under which its problems are told. */
export interface ConfigFile {
  readonly text: string;
  readonly fileName: string;
  /** The user's own, for all their repositories. */
  readonly isUser?: boolean;
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
  /** Set on a warning of what was carried over from the Rust chant, and has no effect here. */
  readonly isCarriedOver?: true;
}

/** The file that says what a key is, and the way to the key in it. */
export interface Origin {
  readonly file: ConfigFile;
  readonly path: readonly string[];
}

/** Returns where a key stands, counted from 1. */
export const placeOfOrigin = ({
  file,
  path,
}: Origin): { readonly file: string; readonly line: number; readonly column: number } => ({
  file: file.fileName,
  ...positionOfKey(file.text, ...path),
});

/** What one file says, as far as it is allowed. */
export interface Layer {
  readonly file: ConfigFile;
  /** By path, such as `watch.failure.jitter`. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly agents: ReadonlyMap<string, LayerAgent>;
  /** The same in the Rust chant's words. */
  readonly rust: RustAgents;
  /** The paths of the maps in it that replace an earlier file's as a whole: no address is given the secret of another. */
  readonly wholeMaps: readonly string[];
  readonly problems: readonly Problem[];
}

interface LayerAgent {
  readonly agent: AgentConfig;
  /** The keys that the file names. */
  readonly keys: readonly string[];
}

type Growing = Pick<Layer, "file"> & {
  readonly values: Map<string, unknown>;
  readonly agents: Map<string, LayerAgent>;
  readonly wholeMaps: string[];
};

/** The longest text that is read as a config: its front matter is short, and nobody writes so much below it. */
const LIMIT = 1024 * 1024;
const TOO_LARGE = `It is larger than ${LIMIT / 1024} KiB.`;

/** Reads one file; what is wrong in it is told with its place and left out. */
export function readLayer(file: ConfigFile): Layer {
  const { text, fileName } = file;
  const problems: Problem[] = [];
  const layer: Growing = { file, values: new Map(), agents: new Map(), wholeMaps: [] };
  let rust: RustAgents = { agents: [] };
  const complain: Complain = (kind, path, message, hint) => {
    const severity = kind === "carried_over" ? "warning" : kind;
    problems.push({
      severity,
      file: fileName,
      ...positionOfKey(text, ...path),
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(kind === "carried_over" ? { isCarriedOver: true } : {}),
    });
  };
  const read =
    text.length > LIMIT
      ? ({ ok: false, line: 1, column: 1, message: TOO_LARGE } as const)
      : parseFrontMatter(text);
  if (read.ok) {
    readSections(read.data, layer, complain);
    rust = readRustAgents(read.data, complain);
  } else {
    const { line, column, message } = read;
    problems.push({ severity: "error", file: fileName, line, column, message });
  }
  return { ...layer, rust, problems };
}

const SECTIONS = [...keysOf(CONFIG_FIELDS), "agents"];

function readSections(
  data: ReadonlyMap<string, unknown>,
  { values, agents, wholeMaps }: Growing,
  complain: Complain,
): void {
  for (const [section, content] of data) {
    if (!SECTIONS.includes(section)) {
      complainOfUnknown([section], SECTIONS, complain);
    } else if (content !== null && !isMap(content)) {
      complain("error", [section], `"${section}" must be a map of keys and values.`);
    } else if (section === "agents") {
      for (const [name, agent] of Object.entries(content ?? {})) {
        const read = readAgent(name, agent, complain);
        if (read !== undefined) agents.set(name, read);
      }
    } else {
      wholeMaps.push(...checkRequired(section, content ?? {}, complain));
      const fields = fieldsUnder(CONFIG_FIELDS, section);
      const given = readKeys(fields, content ?? {}, [section], complain, isRustAgentKey);
      for (const [key, value] of given) values.set(`${section}.${key}`, value);
    }
  }
}

/** Finds maps without the key that they are nothing without, and returns the paths of those that may have one. */
function checkRequired(
  section: string,
  content: { readonly [key: string]: unknown },
  complain: Complain,
): readonly string[] {
  const wholeMaps: string[] = [];
  for (const [path, { key, hint }] of Object.entries(REQUIRED_KEYS)) {
    const names = path.split(".");
    const map = names[0] === section ? content[names[1] ?? ""] : undefined;
    if (!isMap(map)) continue;
    wholeMaps.push(path);
    if (!Object.hasOwn(map, key) || map[key] === null) {
      complain("error", names, `"${path}.${key}" is missing.`, hint);
    }
  }
  return wholeMaps;
}

function readAgent(name: string, content: unknown, complain: Complain): LayerAgent | undefined {
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
      return value === undefined
        ? []
        : [[key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()), value]];
    }),
  ) as unknown as AgentConfig;
  const needsCommand = agent.provider === "command" || agent.provider === "acp";
  if (needsCommand && agent.command.length === 0) {
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
  return { agent, keys: [...given.keys()] };
}
