import { createHash } from "node:crypto";
import type { AgentConfig } from "./config.ts";

/** Whom a provider of models counts against its limits: a key, or the login that an agent's program keeps. */
export interface Account {
  /** The provider, and eight digits of a hash, from which no key can be had back. */
  readonly id: string;
  /** What it is known by, in words: the name of the key's variable, or where the login is kept. */
  readonly by: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** By what the programs of a provider are told who asks, in the order in which they look. */
interface Signs {
  /** Variables that hold a key or token. */
  readonly keys: readonly string[];
  /** Variables that say where the models are: another place is another account. */
  readonly places: readonly string[];
  /** The variable that moves the folder of the login, and that folder in a home. */
  readonly home?: readonly [variable: string, folder: string];
}

const SIGNS: { readonly [provider: string]: Signs } = {
  claude: {
    keys: ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"],
    places: ["ANTHROPIC_BASE_URL"],
    home: ["CLAUDE_CONFIG_DIR", ".claude"],
  },
  codex: {
    keys: ["CODEX_API_KEY", "OPENAI_API_KEY"],
    places: ["OPENAI_BASE_URL"],
    home: ["CODEX_HOME", ".codex"],
  },
  gemini: {
    keys: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    places: ["GOOGLE_GEMINI_BASE_URL"],
    home: ["GEMINI_CLI_HOME", ".gemini"],
  },
  qwen: { keys: ["OPENAI_API_KEY", "DASHSCOPE_API_KEY"], places: ["OPENAI_BASE_URL"] },
  cursor: { keys: ["CURSOR_API_KEY"], places: [] },
  kiro: { keys: ["KIRO_API_KEY"], places: [] },
  copilot: { keys: ["COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"], places: [] },
};

/** Variables of an agent's own description that hold keys, for a program of which no more is known. */
const ANY_KEY = /(?:^|_)(?:KEY|TOKEN)$/;

/** Tells whose limits an agent shares. Two that are told the same key are one account, whatever they are called. */
export function accountOf(agent: AgentConfig, env: Environment): Account {
  const { provider } = agent;
  const all: Environment = { ...env, ...agent.env };
  const signs = SIGNS[provider] ?? unknownSigns(agent);
  const place = signs.places.map((name) => [name, all[name] ?? ""]);
  const key = signs.keys.find((name) => (all[name] ?? "") !== "");
  if (key !== undefined) return account(provider, [all[key], place], key);
  const [variable, folder] = signs.home ?? ["", ""];
  const moved = all[variable] ?? "";
  const login = moved === "" ? `${all["HOME"] ?? "~"}${folder === "" ? "" : `/${folder}`}` : moved;
  // Of a program that is known by its name alone, that is all that tells two of them apart.
  const program = SIGNS[provider] === undefined ? agent.command : [];
  const by = program.length === 0 ? `the login in ${login}` : `the program ${program.join(" ")}`;
  return account(provider, [login, program, place], by);
}

const unknownSigns = ({ env = {} }: AgentConfig): Signs => ({
  keys: Object.keys(env)
    .filter((name) => ANY_KEY.test(name))
    .toSorted(),
  places: [],
});

const account = (provider: string, identity: unknown, by: string): Account => ({
  id: `${provider}-${createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 8)}`,
  by,
});
