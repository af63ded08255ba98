import { defineCommand } from "../command.ts";
import { jsonFlag, option, toggle, word } from "../parameters.ts";

export type VerifyFlags = {
  readonly all?: boolean;
  readonly label?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
};

export const verifyCommand = defineCommand<VerifyFlags, string[]>({
  usage: "[ID...] [--all] [--label LABEL] [--dry-run] [--yes] [--json]",
  brief: "Run the checks of completed specs again",
  description: `Runs the commands that completed specs name as checks of their criteria on the last commit of the branch that you are
on, and prints how each criterion does. A driver stands for its members. A command that several criteria name runs once.

It works in a folder of its own with the files of that commit, made ready as worktrees are (worktree.copy, link and
setup), so your checkout is not touched, and what the checks leave behind is thrown away. Nothing is recorded.

Commands that nobody has let run here are shown and asked about on a terminal; elsewhere --yes lets them run. It ends
with status 1 when a check fails.`,
  examples: [
    ["chant verify 001", "the checks of this spec"],
    ["chant verify --all", "those of every completed spec"],
    ["chant verify --label api --dry-run", "what would run for those with a label"],
  ],
  parameters: {
    flags: {
      all: toggle("All completed specs"),
      label: option("Only specs with this label", "LABEL"),
      dryRun: toggle("Show what would run, and run nothing"),
      yes: toggle("Let the commands run without a question"),
      json: jsonFlag,
    },
    positional: {
      kind: "array",
      parameter: { brief: "Specs by id or part of one", parse: word, placeholder: "ID" },
    },
  },
  body: () => import("./verify.impl.ts"),
});
