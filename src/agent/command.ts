import { join } from "node:path";
import { ChantError } from "../kit/errors.ts";
import type { Provider } from "./provider.ts";

/** Any program: the prompt on standard input and in `$CHANT_PROMPT_FILE`, the worktree as its current folder. */
export const commandProvider: Provider = {
  name: "command",
  command({ agent, home }) {
    const [program, ...rest] = agent.command;
    if (program === undefined) {
      throw new ChantError("AGENT_FAILED", "The agent has no command.", {
        hint: 'Give it one in .chant/config.md, for example: command: ["./agent.sh"]',
      });
    }
    const file = program.startsWith("./") ? join(home, program) : program;
    return { argv: [file, ...rest], readsPrompt: true, files: [] };
  },
};
