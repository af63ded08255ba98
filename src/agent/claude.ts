import { resumePrompt } from "../domain/prompt.ts";
import { claudeReader } from "./claude-events.ts";
import { programLine } from "./program.ts";
import type { Provider } from "./provider.ts";

/** What works without anybody to ask: with any other mode, tools are denied that nobody is there to allow. */
const DEFAULT_PERMISSION_MODE = "bypassPermissions";

/**
 * Claude Code: one JSON object a line, the prompt on standard input. Its session is named by chant, and is resumed with
 * a few words about what is missing.
 */
export const claudeProvider: Provider = {
  name: "claude",
  command({ agent, home, model, session, resume }) {
    const argv = [
      ...programLine(agent.command.length === 0 ? ["claude"] : agent.command, home),
      "-p",
      // The program refuses this format without --verbose.
      "--output-format",
      "stream-json",
      "--verbose",
      ...(resume?.session === undefined ? ["--session-id", session] : ["--resume", resume.session]),
      "--permission-mode",
      agent.permissionMode ?? DEFAULT_PERMISSION_MODE,
      ...(model === undefined ? [] : ["--model", model]),
      ...(agent.flags ?? []),
    ] as const;
    const prompt = resume?.session === undefined ? {} : { prompt: resumePrompt(resume.missing) };
    return { argv, readsPrompt: true, files: [], ...prompt };
  },
  reader: claudeReader,
};
