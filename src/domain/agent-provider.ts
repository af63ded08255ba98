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
] as const;

export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** Keys of an agent in the configuration that only some providers read. */
const READERS: { readonly [key: string]: readonly ProviderName[] } = {
  command: PROVIDER_NAMES.filter((name) => name !== "script"),
  flags: PROVIDER_NAMES.filter((name) => name !== "script" && name !== "command"),
  permission_mode: ["claude", "codex", "gemini", "qwen"],
  base_url: ["opencode"],
  key_env: ["opencode"],
};

/** The keys that not every provider reads. */
export const PROVIDER_KEYS: readonly string[] = Object.keys(READERS);

/** Tells whether a provider reads a key of an agent. */
export const isReadBy = (key: string, provider: ProviderName): boolean =>
  READERS[key]?.includes(provider) ?? true;
