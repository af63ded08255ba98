import type { AgentTask } from "../../src/agent/provider.ts";
import type { AgentConfig } from "../../src/domain/config.ts";
import { isBroken, parseSpec } from "../../src/domain/spec.ts";

/** The session that chant names in an agent's task. */
export const SESSION = "0b3c7a52-5d0c-4a53-8f0e-1f3d0f0a9c11";

/** What an agent is to do, as its provider is told it. */
export function taskOf(agent: Partial<AgentConfig>, more: Partial<AgentTask> = {}): AgentTask {
  const spec = parseSpec("2026-01-01-001-abc", "---\ntype: code\nstatus: pending\n---\n\n# T\n");
  if (isBroken(spec)) throw new Error(spec.message);
  return {
    spec,
    agent: { provider: "command", command: [], ...agent },
    model: undefined,
    home: "/home/user/project",
    promptFile: "/prompt.md",
    folder: "/folder",
    chant: "/bin-folder/chant",
    session: SESSION,
    ...more,
  };
}
