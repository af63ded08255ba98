import { resumePrompt } from "../domain/prompt.ts";
import { cursorReader } from "./cursor-events.ts";
import { programOr } from "./program.ts";
import type { Provider } from "./provider.ts";

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
    const { agent, model, resume } = task;
    const argv = [
      ...programOr(task, "cursor-agent"),
      "-p",
      "--output-format",
      "stream-json",
      "--force",
      ...(resume?.session === undefined ? [] : ["--resume", resume.session]),
      ...(model === undefined ? [] : ["--model", model]),
      ...(agent.flags ?? []),
    ] as const;
    const prompt = resume?.session === undefined ? {} : { prompt: resumePrompt(resume.missing) };
    return { argv, readsPrompt: true, files: [], ...prompt };
  },
  reader: cursorReader,
};
