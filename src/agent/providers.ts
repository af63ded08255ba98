import type { AgentConfig } from "../domain/config.ts";
import { claudeProvider } from "./claude.ts";
import { commandProvider } from "./command.ts";
import type { Provider } from "./provider.ts";
import { scriptProvider } from "./script.ts";

const PROVIDERS: { readonly [Name in AgentConfig["provider"]]: Provider } = {
  command: commandProvider,
  script: scriptProvider,
  claude: claudeProvider,
};

export const providerOf = (agent: AgentConfig): Provider => PROVIDERS[agent.provider];
