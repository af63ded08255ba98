import { programOr } from "./program.ts";
import type { AgentTask, Provider } from "./provider.ts";

const lineOf = (task: Pick<AgentTask, "agent" | "home" | "model">, tools: readonly string[]) =>
  [
    ...programOr(task, "copilot"),
    ...tools,
    "--no-color",
    ...(task.model === undefined ? [] : ["--model", task.model]),
    ...(task.agent.flags ?? []),
  ] as const;

/** GitHub Copilot's command line, from its documentation alone: prose on standard output, the prompt on standard input. */
export const copilotProvider: Provider = {
  name: "copilot",
  program: "copilot",
  traits: {
    canResume: false,
    tellsTokens: false,
    tellsCost: false,
    login: { variables: ["COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"], files: [] },
  },
  command: (task) => ({ argv: lineOf(task, ["--allow-all-tools"]), readsPrompt: true, files: [] }),
  asking: {
    // What is not allowed it does not do, and a question needs no tool that writes.
    command: (question) => ({ argv: lineOf(question, []), readsPrompt: true, files: [] }),
    answer: (output) => output,
  },
};
