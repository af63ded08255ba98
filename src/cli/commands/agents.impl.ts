import { listAgents } from "../../app/agents.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { agentsText } from "../agents-text.ts";
import { type Context, printJson } from "../context.ts";
import type { AgentsFlags } from "./agents.ts";

/** How long a program may take to say its version, in milliseconds: some are slow to start. */
const LIMIT_MS = 10_000;

export async function run(context: Context, flags: AgentsFlags): Promise<void> {
  const workspace = await openWorkspace(context.cwd, context.env);
  const agents = await listAgents(workspace, LIMIT_MS);
  if (flags.json === true) return printJson(context, { agents });
  context.terminal.out(`${agentsText(agents)}\n`);
}
