import type { AgentEvent } from "../domain/agent-event.ts";
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
  /** This chant, as a program. */
  readonly chant: string;
  /** A UUID that no session has had, for programs that let chant name theirs. */
  readonly session: string;
  /** Set when an earlier launch of the same run was not done: the session it left, and what is missing, in words. */
  readonly resume?: { readonly session?: string; readonly missing: string };
}

/** How to start it. */
export interface AgentCommand {
  readonly argv: readonly [string, ...string[]];
  /** Whether the prompt goes to its standard input. */
  readonly readsPrompt: boolean;
  /** Files to write before the start. */
  readonly files: readonly { readonly path: string; readonly content: string }[];
  /** Instead of the whole prompt: the agent goes on with a session that has had it. */
  readonly prompt?: string;
  /** Variables that the program needs; what the configuration says under `env` holds against them. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Turns what a program prints into events, line by line from the first; it may remember what it has seen. */
export interface TranscriptReader {
  /** A line that is not of the program's format is a plain message; no line makes it throw. */
  line(text: string): readonly AgentEvent[];
}

/** A question to an agent that is answered with JSON instead of work. */
export interface AgentQuestion extends Pick<AgentTask, "agent" | "model" | "home" | "session"> {
  /** What the answer must hold against, as a JSON Schema. */
  readonly schema: unknown;
}

/** How a program is asked for one JSON object. */
export interface Asking {
  command(question: AgentQuestion): AgentCommand;
  /**
   * Returns the answer in all that it printed: a value, or a text with JSON somewhere in it. Undefined when it gave none;
   * no output makes it throw.
   */
  answer(output: string): unknown;
}

/** What chant can do with a kind of program, and how it is told whether somebody is logged in. */
export interface Traits {
  /** The version with which all of it was seen to work; absent where it is known from documentation only. */
  readonly verifiedWith?: string;
  /** Whether it goes on with a session that it had. */
  readonly canResume: boolean;
  readonly tellsTokens: boolean;
  readonly tellsCost: boolean;
  /** What a key or a login is found by: variables, and files that a login leaves. */
  readonly login: { readonly variables: readonly string[]; readonly files: readonly LoginFile[] };
}

/** A file below a folder that a variable names, or below the home folder. */
export interface LoginFile {
  readonly variable?: string;
  readonly folder: string;
  readonly name: string;
}

/** Encodes how one kind of agent program is started and what its output means, and nothing else. */
export interface Provider {
  readonly name: AgentConfig["provider"];
  /** @throws ChantError AGENT_FAILED when this spec cannot be given to it. */
  command(task: AgentTask): AgentCommand;
  /** The program that is started where the configuration names none; absent where it must. */
  readonly program?: string;
  /** Absent where nothing is known beforehand: any program, or none. */
  readonly traits?: Traits;
  /** Absent where the output is prose; then the exit status tells how the agent ended. `nowMs` gives the wall time. */
  reader?(nowMs: () => number): TranscriptReader;
  /** Absent where the program cannot answer. */
  readonly asking?: Asking;
}
