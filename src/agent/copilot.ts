import { programOr } from "./program.ts";
import type { Provider } from "./provider.ts";

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
  command: (task) => ({
    argv: [
      ...programOr(task, "copilot"),
      "--allow-all-tools",
      "--no-color",
      ...(task.model === undefined ? [] : ["--model", task.model]),
      ...(task.agent.flags ?? []),
    ],
    readsPrompt: true,
    files: [],
  }),
};
