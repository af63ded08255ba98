import { defineCommand } from "../command.ts";
import { jsonFlag, word } from "../parameters.ts";

export type DriftFlags = { readonly json?: boolean };

export const driftCommand = defineCommand<DriftFlags, string[]>({
  usage: "[ID...] [--json]",
  brief: "Find what changed that completed specs are about",
  description: `Documentation and research are about files: a spec names them under tracks (what it documents), informed_by (what it
has read) and origin (what it comes from), as paths, folders or patterns such as src/**/*.ts. This compares them, by
their content in git, as they were in the commit that completed the spec with the last commit of the branch that you
are on: what was modified, deleted, renamed, and what is new below a folder or pattern. Times of files do not count,
nor does what is not committed.

Without ids it looks at all completed specs that name such files. It ends with status 1 when something drifted.`,
  examples: [
    ["chant drift", "all of them"],
    ["chant drift 001", "this spec"],
    ["chant drift --json", "for a script"],
  ],
  parameters: {
    flags: { json: jsonFlag },
    positional: {
      kind: "array",
      parameter: { brief: "Specs by id or part of one; none for all", parse: word, placeholder: "ID" },
    },
  },
  body: () => import("./drift.impl.ts"),
});
