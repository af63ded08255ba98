import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, toggle } from "../parameters.ts";

export type DeriveFlags = { readonly all?: boolean; readonly dryRun?: boolean; readonly json?: boolean };

export const deriveCommand = defineCommand<DeriveFlags, string[]>({
  usage: "ID...|--all [--dry-run] [--json]",
  brief: "Fill keys of specs from the branch, paths, the environment or git's user",
  description: `Sets the keys that enterprise.derived in the configuration describes, such as a ticket's number from the branch that is
checked out. Which keys were derived is noted under derived_fields: these are derived anew the next time, while a key that
somebody wrote by hand is never changed. What is not found stays as it is.

A line for each key that changes, on standard output. Specs with a run are left alone. Nothing is committed.`,
  examples: [
    ["chant derive 001 --dry-run", "what would be set, without writing"],
    ["chant derive 001", "sets it"],
    ["chant derive --all", "for every spec"],
  ],
  parameters: {
    flags: {
      all: toggle("Every spec"),
      dryRun: toggle("Only tell what would be set"),
      json: jsonFlag,
    },
    positional: { kind: "array", parameter: idWord },
  },
  body: () => import("./derive.impl.ts"),
});
