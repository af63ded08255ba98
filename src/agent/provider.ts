import type { AgentConfig } from "../domain/config.ts";
import type { Spec } from "../domain/spec.ts";

/** What a provider is given to start an agent with. */
export interface AgentTask {
  readonly spec: Spec;
  readonly agent: AgentConfig;
  readonly model: string | undefined;
  /** The checkout where the user works: `./` in a command is relative to it. */
  readonly home: string;
  readonly promptFile: string;
  /** A folder of this run for files that the agent needs. */
  readonly folder: string;
}

/** How to start it. */
export interface AgentCommand {
  readonly argv: readonly [string, ...string[]];
  /** Whether the prompt goes to its standard input. */
  readonly readsPrompt: boolean;
  /** Files to write before the start. */
  readonly files: readonly { readonly path: string; readonly content: string }[];
}

/** Encodes how one kind of agent program is started, and nothing else. */
export interface Provider {
  readonly name: AgentConfig["provider"];
  /** @throws ChantError AGENT_FAILED when this spec cannot be given to it. */
  command(task: AgentTask): AgentCommand;
}
