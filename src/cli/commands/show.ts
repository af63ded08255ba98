import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, toggle } from "../parameters.ts";

export type ShowFlags = { readonly history?: boolean; readonly json?: boolean };

export const showCommand = defineCommand<ShowFlags, [id: string]>({
  usage: "ID [--history] [--json]",
  brief: "Show a spec and all that is known about it",
  description: `Its status with the run laid over it, criteria as its agent has ticked them, dependencies and dependents, where
its file, worktree and log are, and its text. With --history what happened to it instead, from git and the journal, and how
each of its attempts ended.`,
  examples: [
    ["chant show 001", "any part of an id will do that only one spec has"],
    ["chant show x7m --history", "who started it, what its agents used, when it landed"],
    ["chant show x7m --json", "the same as JSON"],
  ],
  parameters: {
    flags: { history: toggle("Show what happened to it, and its attempts"), json: jsonFlag },
    positional: { kind: "tuple", parameters: [idWord] },
  },
  body: () => import("./show.impl.ts"),
});
