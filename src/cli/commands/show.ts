import { defineCommand } from "../command.ts";
import { idWord, jsonFlag } from "../parameters.ts";

export const showCommand = defineCommand<{ readonly json?: boolean }, [id: string]>({
  usage: "ID [--json]",
  brief: "Show a spec and all that is known about it",
  description: `Its status with the run laid over it, criteria as its agent has ticked them, dependencies and dependents, where
its file, worktree and log are, and its text.`,
  examples: [
    ["chant show 001", "any part of an id will do that only one spec has"],
    ["chant show x7m --json", "the same as JSON"],
  ],
  parameters: { flags: { json: jsonFlag }, positional: { kind: "tuple", parameters: [idWord] } },
  body: () => import("./show.impl.ts"),
});
