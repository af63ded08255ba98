import { defineCommand } from "../command.ts";
import { idWords, jsonFlag } from "../parameters.ts";

export type PauseFlags = { readonly json?: boolean };

export const pauseCommand = defineCommand<PauseFlags, readonly string[]>({
  usage: "ID... [--json]",
  brief: "Stop the agent of a spec, and keep all for later",
  description: `Ends the agent of a spec that is being worked on: SIGTERM to all its processes, after 5 s SIGKILL, and nothing is
called paused before none of them is left. Its worktree and branch stay, what no commit holds is in a snapshot as well,
and the spec's status is paused, in a commit of its own. A retry that is due later, or a landing that waits, is held
back in the same way. chant resume goes on with it in the same worktree, and the pause uses up no attempt.`,
  examples: [
    ["chant pause 001", "stop its agent for now"],
    ["chant pause 001 002", "both; nothing is stopped unless both can be paused"],
    ["chant resume 001 --work", "go on with it"],
  ],
  parameters: { flags: { json: jsonFlag }, positional: idWords },
  body: () => import("./pause.impl.ts"),
});
