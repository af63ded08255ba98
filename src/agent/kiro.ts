import { programOr } from "./program.ts";
import type { AgentTask, Provider } from "./provider.ts";

const lineOf = (task: Pick<AgentTask, "agent" | "home" | "model">, trust: readonly string[]) =>
  [
    ...programOr(task, "kiro-cli"),
    "chat",
    "--no-interactive",
    ...trust,
    ...(task.model === undefined ? [] : ["--model", task.model]),
    ...(task.agent.flags ?? []),
  ] as const;

/** Kiro, from its documentation alone: prose on standard output, the prompt on standard input, no name for its sessions. */
export const kiroProvider: Provider = {
  name: "kiro",
  program: "kiro-cli",
  traits: {
    canResume: false,
    tellsTokens: false,
    tellsCost: false,
    login: { variables: ["KIRO_API_KEY"], files: [] },
  },
  command: (task) => ({ argv: lineOf(task, ["--trust-all-tools"]), readsPrompt: true, files: [] }),
  asking: {
    // Without trust it has no tools that write, which is all that a question needs.
    command: (question) => ({ argv: lineOf(question, []), readsPrompt: true, files: [] }),
    answer: (output) => output,
  },
};
