import { resumePrompt } from "../domain/prompt.ts";
import { claudeReader } from "./claude-events.ts";
import { claudeAnswer } from "./claude-result.ts";
import { programOr } from "./program.ts";
import type { AgentTask, Provider } from "./provider.ts";

/** What works without anybody to ask: with any other mode, tools are denied that nobody is there to allow. */
const DEFAULT_PERMISSION_MODE = "bypassPermissions";

/** The part of the command line that a run and a question share. */
function baseLine(
  { agent, home, model }: Pick<AgentTask, "agent" | "home" | "model">,
  session: readonly string[],
) {
  return [
    ...programOr({ agent, home }, "claude"),
    "-p",
    // The program refuses this format without --verbose.
    "--output-format",
    "stream-json",
    "--verbose",
    ...session,
    "--permission-mode",
    agent.permissionMode ?? DEFAULT_PERMISSION_MODE,
    ...(model === undefined ? [] : ["--model", model]),
    ...(agent.flags ?? []),
  ] as const;
}

/**
 * Claude Code: one JSON object a line, the prompt on standard input. Its session is named by chant, and is resumed with
 * a few words about what is missing.
 */
export const claudeProvider: Provider = {
  name: "claude",
  program: "claude",
  traits: {
    verifiedWith: "2.1.329",
    canResume: true,
    tellsTokens: true,
    tellsCost: true,
    login: {
      variables: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"],
      files: [{ variable: "CLAUDE_CONFIG_DIR", folder: ".claude", name: ".credentials.json" }],
    },
  },
  command(task) {
    const { resume, session } = task;
    const argv = baseLine(
      task,
      resume?.session === undefined ? ["--session-id", session] : ["--resume", resume.session],
    );
    const prompt = resume?.session === undefined ? {} : { prompt: resumePrompt(resume.missing) };
    return { argv, readsPrompt: true, files: [], ...prompt };
  },
  reader: claudeReader,
  asking: {
    command(question) {
      const line = baseLine(question, ["--session-id", question.session]);
      const argv = [...line, "--json-schema", JSON.stringify(question.schema)] as const;
      return { argv, readsPrompt: true, files: [] };
    },
    answer: claudeAnswer,
  },
};
