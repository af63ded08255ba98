import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, toggle } from "../parameters.ts";

export type StartFlags = { readonly here?: boolean; readonly json?: boolean };

export const startCommand = defineCommand<StartFlags, [id: string]>({
  usage: "ID --here [--json]",
  brief: "Say that you work on a spec yourself, in this checkout",
  description: `Sets a spec in progress without an agent, a branch or a worktree. Work on it, tick its criteria (chant tick ID N), and
commit: chant watch then completes it by itself, chant finalize ID at once. To give it to an agent: chant work ID.`,
  examples: [["chant start 001 --here", "then work, tick, commit, and: chant finalize 001"]],
  parameters: {
    flags: { here: toggle("In this checkout; there is no other way"), json: jsonFlag },
    positional: { kind: "tuple", parameters: [idWord] },
  },
  body: () => import("./start.impl.ts"),
});
