import { join } from "node:path";
import { ChantError } from "../kit/errors.ts";

/**
 * Returns the command line of an agent's program; `./` in front of it is relative to the user's checkout.
 * @throws ChantError AGENT_FAILED when it is empty
 */
export function programLine(command: readonly string[], home: string): readonly [string, ...string[]] {
  const [program, ...rest] = command;
  if (program === undefined) {
    throw new ChantError("AGENT_FAILED", "The agent has no command.", {
      hint: 'Give it one in .chant/config.md, for example: command: ["./agent.sh"]',
    });
  }
  return [program.startsWith("./") ? join(home, program) : program, ...rest];
}

/** Returns the same where the configuration may leave the program out. */
export const programOr = (
  { agent, home }: { readonly agent: { readonly command: readonly string[] }; readonly home: string },
  program: string,
): readonly [string, ...string[]] =>
  programLine(agent.command.length === 0 ? [program] : agent.command, home);
