import { resumePrompt } from "../domain/prompt.ts";
import { geminiReader } from "./gemini-events.ts";
import { saidIn } from "./json-lines.ts";
import { programOr } from "./program.ts";
import type { AgentTask, Provider } from "./provider.ts";

/** What works without anybody to ask: in its default mode it has no tools that write, and reports success all the same. */
const DEFAULT_APPROVAL = "yolo";
/** Has no tools that write, which is all that a question needs. */
const ASKING_APPROVAL = "default";

/** A program that is started as Gemini's command line is. */
interface Likeness {
  readonly program: string;
  /** What its command line begins with. */
  readonly first: readonly string[];
}

/** Returns the command line of Gemini, or of a program that was made from it. */
export const lineLikeGemini = (
  { program, first }: Likeness,
  { agent, home, model }: Pick<AgentTask, "agent" | "home" | "model">,
  approval: string,
  session: readonly string[],
) =>
  [
    ...programOr({ agent, home }, program),
    ...first,
    "--approval-mode",
    approval,
    ...session,
    ...(model === undefined ? [] : ["-m", model]),
    ...(agent.flags ?? []),
  ] as const;

// A worktree is new to it, and a folder that it does not trust it does not work in.
const GEMINI: Likeness = { program: "gemini", first: ["-o", "stream-json", "--skip-trust"] };

/** Gemini's command line: one JSON object a line, the prompt on standard input. Its session is named by chant. */
export const geminiProvider: Provider = {
  name: "gemini",
  program: "gemini",
  traits: {
    verifiedWith: "0.61.0",
    canResume: true,
    tellsTokens: true,
    tellsCost: false,
    login: {
      variables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
      files: [{ folder: ".gemini", name: "oauth_creds.json" }],
    },
  },
  command(task) {
    const { agent, resume, session } = task;
    const approval = agent.permissionMode ?? DEFAULT_APPROVAL;
    if (resume?.session === undefined) {
      return {
        argv: lineLikeGemini(GEMINI, task, approval, ["--session-id", session]),
        readsPrompt: true,
        files: [],
      };
    }
    return {
      argv: lineLikeGemini(GEMINI, task, approval, ["--resume", resume.session]),
      readsPrompt: true,
      files: [],
      prompt: resumePrompt(resume.missing),
    };
  },
  reader: geminiReader,
  asking: {
    command: (question) => ({
      argv: lineLikeGemini(GEMINI, question, ASKING_APPROVAL, ["--session-id", question.session]),
      readsPrompt: true,
      files: [],
    }),
    answer: (output) => saidIn(geminiReader(Date.now), output),
  },
};
