import { defineCommand } from "../command.ts";
import { idWords, jsonFlag, toggle } from "../parameters.ts";

export type ResumeFlags = { readonly work?: boolean; readonly json?: boolean };

export const resumeCommand = defineCommand<ResumeFlags, readonly string[]>({
  usage: "ID... [--work] [--json]",
  brief: "Let the agent of a stopped run go on where it was",
  description: `Takes a run up again that failed, needs attention, is paused, or waits for its next retry: the same spec and agent, in
the same worktree, as a new attempt that is told what is missing. One that was paused goes on with the attempt that it
was in, and, where the agent's program can, with the same session. Without --work the next chant watch or chant work carries it
on; with it this command stays until the run has landed or stopped again. To begin anew instead: chant reset.`,
  examples: [
    ["chant resume 001 --work", "go on, and wait for what becomes of it"],
    ["chant resume 001", "leave it to the watch"],
  ],
  parameters: {
    flags: { work: toggle("Stay, and carry it to its end"), json: jsonFlag },
    positional: idWords,
  },
  body: () => import("./resume.impl.ts"),
});
