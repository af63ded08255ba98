import { programLine } from "./program.ts";
import type { Provider } from "./provider.ts";

/** Any program: the prompt on standard input and in `$CHANT_PROMPT_FILE`, the worktree as its current folder. */
export const commandProvider: Provider = {
  name: "command",
  command: ({ agent, home }) => ({ argv: programLine(agent.command, home), readsPrompt: true, files: [] }),
  asking: {
    command: ({ agent, home }) => ({ argv: programLine(agent.command, home), readsPrompt: true, files: [] }),
    answer: (output) => output,
  },
};
