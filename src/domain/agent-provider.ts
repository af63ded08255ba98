/** The kinds of agent programs that chant can talk to. */
export const PROVIDER_NAMES = [
  "command",
  "script",
  "claude",
  "codex",
  "gemini",
  "opencode",
  "cursor",
  "kiro",
  "copilot",
  "qwen",
  "acp",
] as const;

export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** Keys of an agent in the configuration that only some providers read. */
const READERS: { readonly [key: string]: readonly ProviderName[] } = {
  command: PROVIDER_NAMES.filter((name) => name !== "script"),
  flags: PROVIDER_NAMES.filter((name) => !["script", "command", "acp"].includes(name)),
  permission_mode: ["claude", "codex", "gemini", "qwen"],
  base_url: ["opencode"],
  key_env: ["opencode"],
  permissions: ["acp"],
};

/** The keys that not every provider reads. */
export const PROVIDER_KEYS: readonly string[] = Object.keys(READERS);

/** Tells whether a provider reads a key of an agent. */
export const isReadBy = (key: string, provider: ProviderName): boolean =>
  READERS[key]?.includes(provider) ?? true;

/** What `chant init --provider` describes an agent for: the providers with a program of their own, and Ollama. */
export const INIT_PROVIDERS = [
  "claude",
  "codex",
  "gemini",
  "opencode",
  "ollama",
  "cursor",
  "kiro",
  "copilot",
  "qwen",
  "acp",
] as const;

export type InitProvider = (typeof INIT_PROVIDERS)[number];

/** A model that runs on a usual machine and can use tools, where nobody names another one. */
const OLLAMA_MODEL = "qwen3-coder";

/** The name that an agent gets of which nothing but its program is known. */
export const OWN_AGENT = "mine";

/** Returns the line that describes such an agent in the configuration. */
export const ownEntry = (command: readonly string[]): string =>
  `${OWN_AGENT}: { provider: command, command: ${JSON.stringify(command)} }`;

/** Returns the line that describes an agent in the configuration, under its provider's name. */
export function agentEntry(
  name: InitProvider,
  command: readonly string[],
  model: string | undefined,
): string {
  const isOllama = name === "ollama";
  const chosen = model ?? (isOllama ? OLLAMA_MODEL : undefined);
  const parts = [
    `provider: ${isOllama ? "opencode" : name}`,
    ...(command.length === 0 ? [] : [`command: ${JSON.stringify(command)}`]),
    ...(isOllama ? ["base_url: http://localhost:11434/v1"] : []),
    ...(chosen === undefined ? [] : [`model: ${JSON.stringify(chosen)}`]),
  ];
  return `${name}: { ${parts.join(", ")} }`;
}
