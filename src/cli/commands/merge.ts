import { defineCommand } from "../command.ts";
import { jsonFlag, toggle, word } from "../parameters.ts";

export type MergeFlags = { readonly all?: boolean; readonly json?: boolean };

export const mergeCommand = defineCommand<MergeFlags, string[]>({
  usage: "ID... | --all [--json]",
  brief: "Land runs that are done, or that you have mended",
  description: `Tries to land now what waits to land, and what needed a person: after a conflict, merge the target into the run's branch
in its worktree (chant why ID says where), solve it, commit, then merge the spec. It is judged again; no agent runs.`,
  examples: [
    ["chant merge 001", "land it after its conflict was solved in its worktree"],
    ["chant merge --all", "try whatever waits to land"],
  ],
  parameters: {
    flags: { all: toggle("Everything that is done and waits to land"), json: jsonFlag },
    positional: {
      kind: "array",
      parameter: { brief: "Specs by id or part of one", parse: word, placeholder: "ID" },
    },
  },
  body: () => import("./merge.impl.ts"),
});
