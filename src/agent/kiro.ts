import { programOr } from "./program.ts";
import type { Provider } from "./provider.ts";

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
  command: (task) => ({
    argv: [
      ...programOr(task, "kiro-cli"),
      "chat",
      "--no-interactive",
      "--trust-all-tools",
      ...(task.model === undefined ? [] : ["--model", task.model]),
      ...(task.agent.flags ?? []),
    ],
    readsPrompt: true,
    files: [],
  }),
};
