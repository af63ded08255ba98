import { defineCommand } from "../command.ts";
import { jsonFlag } from "../parameters.ts";

export const doctorCommand = defineCommand<{ readonly json?: boolean }, []>({
  usage: "[--json]",
  brief: "Look whether all that chant needs is there, and how to mend what is not",
  description: `Looks at git and its configuration, the configuration of chant, the programs of the agents (each is asked for its
--version), the folder for worktrees, what the repository lies on, whether changes of files are told of, and at what
dead processes have left behind. Each finding comes with what mends it. Nothing is changed, and each look has a limit,
so that it ends also where something hangs. Ends with 1 when something is broken.`,
  examples: [
    ["chant doctor", "when something does not work, or before the first work"],
    ["chant doctor --json", "for a script"],
  ],
  parameters: { flags: { json: jsonFlag } },
  body: () => import("./doctor.impl.ts"),
});
