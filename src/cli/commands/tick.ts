import { defineCommand } from "../command.ts";
import { jsonFlag, toggle, word } from "../parameters.ts";

export type TickFlags = {
  readonly all?: boolean;
  readonly json?: boolean;
};

export const tickCommand = defineCommand<TickFlags, string[]>({
  usage: "[ID] [N...] [--all] [--json]",
  brief: "Tick acceptance criteria that hold",
  description: `Fills the boxes of criteria, and changes nothing else in the file. Without numbers it lists the criteria with their
numbers. An agent ticks its own spec and leaves the id out; elsewhere the first word names the spec, and where that
has a run under way, the copy in the run's worktree is ticked.`,
  examples: [
    ["chant tick 1 3", "in a worktree: the first and the third criterion hold"],
    ["chant tick --all", "in a worktree: all of them hold"],
    ["chant tick 001", "lists the criteria of a spec with their numbers"],
    ["chant tick 001 2", "ticks the second one"],
  ],
  parameters: {
    flags: { all: toggle("Tick every criterion"), json: jsonFlag },
    positional: {
      kind: "array",
      parameter: { brief: "The spec, then the numbers of criteria", parse: word, placeholder: "ID|N" },
    },
  },
  body: () => import("./tick.impl.ts"),
});
