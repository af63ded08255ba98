import { join } from "node:path";
import { resumePrompt } from "../domain/prompt.ts";
import { acpReader } from "./acp-events.ts";
import { programLine } from "./program.ts";
import type { Provider } from "./provider.ts";

/** What the client of one launch is given, as a file: nothing of it is secret. */
export interface AcpTask {
  readonly command: readonly [string, ...string[]];
  /** The session to go on with. */
  readonly session?: string;
  readonly permissions: "allow" | "deny" | "ask";
  /** Where questions to a person and their answers are. */
  readonly folder: string;
}

/**
 * Any agent that speaks the Agent Client Protocol. chant starts itself as its client, in the place where another
 * provider's program would run: so it outlives its runner, is adopted, limited and ended as all agents are.
 */
export const acpProvider: Provider = {
  name: "acp",
  command(task) {
    const { agent, resume, folder, chant } = task;
    const file = join(folder, "acp.json");
    const content: AcpTask = {
      command: programLine(agent.command, task.home),
      permissions: agent.permissions ?? "allow",
      folder,
      ...(resume?.session === undefined ? {} : { session: resume.session }),
    };
    const prompt = resume?.session === undefined ? {} : { prompt: resumePrompt(resume.missing) };
    return {
      argv: [chant, "__acp", file],
      readsPrompt: true,
      files: [{ path: file, content: JSON.stringify(content) }],
      ...prompt,
    };
  },
  reader: acpReader,
};
