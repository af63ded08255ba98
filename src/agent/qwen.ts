import { resumePrompt } from "../domain/prompt.ts";
import { claudeReader } from "./claude-events.ts";
import { lineLikeGemini } from "./gemini.ts";
import { geminiReader } from "./gemini-events.ts";
import { parseObject } from "./json.ts";
import { saidIn } from "./json-lines.ts";
import type { Provider, TranscriptReader } from "./provider.ts";

const QWEN = { program: "qwen", first: ["--output-format", "stream-json"] } as const;

/** Qwen Code, from its documentation alone: started as Gemini's command line, from which it was made. */
export const qwenProvider: Provider = {
  name: "qwen",
  program: "qwen",
  traits: {
    canResume: true,
    tellsTokens: true,
    tellsCost: false,
    login: {
      variables: ["OPENAI_API_KEY", "DASHSCOPE_API_KEY"],
      files: [{ folder: ".qwen", name: "oauth_creds.json" }],
    },
  },
  command(task) {
    const { agent, resume } = task;
    const session = resume?.session === undefined ? [] : ["--resume", resume.session];
    const argv = lineLikeGemini(QWEN, task, agent.permissionMode ?? "yolo", session);
    const prompt = resume?.session === undefined ? {} : { prompt: resumePrompt(resume.missing) };
    return { argv, readsPrompt: true, files: [], ...prompt };
  },
  reader: qwenReader,
  asking: {
    // In its default mode it has no tools that write, which is all that a question needs.
    command: (question) => ({
      argv: lineLikeGemini(QWEN, question, "default", []),
      readsPrompt: true,
      files: [],
    }),
    answer: (output) => saidIn(qwenReader(Date.now), output),
  },
};

/** What only Gemini's own format has. */
const GEMINI_TYPES = new Set<unknown>(["init", "message", "tool_use", "tool_result", "error"]);

/** Its documentation shows messages as Claude Code prints them; older versions printed as Gemini does. */
function qwenReader(nowMs: () => number): TranscriptReader {
  const [claude, gemini] = [claudeReader(), geminiReader(nowMs)];
  return {
    line(text) {
      const line = parseObject(text);
      const isGemini = GEMINI_TYPES.has(line?.["type"]) || (line?.["type"] === "result" && "status" in line);
      return (isGemini || line === undefined ? gemini : claude).line(text);
    },
  };
}
