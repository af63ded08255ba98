import type { AgentConfig } from "../domain/config.ts";
import { acpProvider } from "./acp.ts";
import { claudeProvider } from "./claude.ts";
import { codexProvider } from "./codex.ts";
import { commandProvider } from "./command.ts";
import { copilotProvider } from "./copilot.ts";
import { cursorProvider } from "./cursor.ts";
import { geminiProvider } from "./gemini.ts";
import { kiroProvider } from "./kiro.ts";
import { opencodeProvider } from "./opencode.ts";
import type { Provider } from "./provider.ts";
import { qwenProvider } from "./qwen.ts";
import { scriptProvider } from "./script.ts";

const PROVIDERS: { readonly [Name in AgentConfig["provider"]]: Provider } = {
  command: commandProvider,
  script: scriptProvider,
  claude: claudeProvider,
  codex: codexProvider,
  gemini: geminiProvider,
  opencode: opencodeProvider,
  cursor: cursorProvider,
  kiro: kiroProvider,
  copilot: copilotProvider,
  qwen: qwenProvider,
  acp: acpProvider,
};

export const providerOf = ({ provider }: Pick<AgentConfig, "provider">): Provider => PROVIDERS[provider];

export const allProviders = (): readonly Provider[] => Object.values(PROVIDERS);
