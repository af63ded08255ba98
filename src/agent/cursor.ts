import { resumePrompt } from "../domain/prompt.ts";
import { cursorReader } from "./cursor-events.ts";
import { saidIn } from "./json-lines.ts";
import { programOr } from "./program.ts";
import type { AgentTask, Provider } from "./provider.ts";

const lineOf = (
  { agent, home, model }: Pick<AgentTask, "agent" | "home" | "model">,
  more: readonly string[],
) =>
  [
    ...programOr({ agent, home }, "cursor-agent"),
    "-p",
    "--output-format",
    "stream-json",
    ...more,
    ...(model === undefined ? [] : ["--model", model]),
    ...(agent.flags ?? []),
  ] as const;

/** Cursor's command line, from its documentation alone: one JSON object a line, the prompt on standard input. */
export const cursorProvider: Provider = {
  name: "cursor",
  program: "cursor-agent",
  traits: {
    canResume: true,
    tellsTokens: true,
    tellsCost: false,
    login: { variables: ["CURSOR_API_KEY"], files: [] },
  },
  command(task) {
    const { resume } = task;
    const session = resume?.session === undefined ? [] : ["--resume", resume.session];
    const argv = lineOf(task, ["--force", ...session]);
    const prompt = resume?.session === undefined ? {} : { prompt: resumePrompt(resume.missing) };
    return { argv, readsPrompt: true, files: [], ...prompt };
  },
  reader: cursorReader,
  asking: {
    // Without force it changes nothing, which is all that a question needs.
    command: (question) => ({ argv: lineOf(question, []), readsPrompt: true, files: [] }),
    answer: (output) => saidIn(cursorReader(Date.now), output),
  },
};
