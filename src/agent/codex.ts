import { resumePrompt } from "../domain/prompt.ts";
import { codexReader } from "./codex-events.ts";
import { saidIn } from "./json-lines.ts";
import { programOr } from "./program.ts";
import type { AgentTask, Provider } from "./provider.ts";

/**
 * Writes below the worktree and nowhere else, and reaches no network: what works without anybody to ask. It cannot
 * commit then, as git's own folder is elsewhere; chant commits what it left.
 */
const DEFAULT_SANDBOX = "workspace-write";

/** The part of the command line that a run and a question share; `resume` knows fewer flags, but the same keys. */
const optionsOf = ({ agent, model }: Pick<AgentTask, "agent" | "model">, sandbox: string) => [
  "--json",
  // A copy in which an agent is asked is no repository, and every worktree is one of chant's own.
  "--skip-git-repo-check",
  "-c",
  `sandbox_mode="${sandbox}"`,
  // A login shell would set PATH anew, and "chant tick" would be another chant's or nobody's.
  "-c",
  "allow_login_shell=false",
  ...(model === undefined ? [] : ["-m", model]),
  ...(agent.flags ?? []),
];

/** Codex: one JSON object a line, the prompt on standard input. It names its thread, and resumes it from anywhere. */
export const codexProvider: Provider = {
  name: "codex",
  program: "codex",
  traits: {
    verifiedWith: "0.169.0",
    canResume: true,
    tellsTokens: true,
    tellsCost: false,
    login: {
      variables: ["CODEX_API_KEY"],
      files: [{ variable: "CODEX_HOME", folder: ".codex", name: "auth.json" }],
    },
  },
  command(task) {
    const { agent, resume } = task;
    const options = optionsOf(task, agent.permissionMode ?? DEFAULT_SANDBOX);
    const program = programOr(task, "codex");
    if (resume?.session === undefined) {
      return { argv: [...program, "exec", ...options, "-"], readsPrompt: true, files: [] };
    }
    return {
      argv: [...program, "exec", "resume", ...options, resume.session, "-"],
      readsPrompt: true,
      files: [],
      prompt: resumePrompt(resume.missing),
    };
  },
  reader: codexReader,
  asking: {
    command: (question) => ({
      argv: [...programOr(question, "codex"), "exec", ...optionsOf(question, "read-only"), "-"],
      readsPrompt: true,
      files: [],
    }),
    answer: (output) => saidIn(codexReader(Date.now), output),
  },
};
