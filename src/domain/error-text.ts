import type { AgentEnd } from "./judge.ts";

/** The most that is kept, in characters. */
const LIMIT = 16 * 1024;

/**
 * Returns what patterns that tell a passing failure from a lasting one are held against: what the agent said went wrong,
 * then the end of what it printed. What does not fit is left out before the last lines.
 */
export function errorText(agent: AgentEnd, lines: readonly string[]): string {
  const error = "error" in agent ? `${agent.error.slice(0, LIMIT / 2)}\n` : "";
  return error + lines.join("\n").slice(-(LIMIT - error.length));
}
