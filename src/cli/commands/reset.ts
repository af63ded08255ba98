import { defineCommand } from "../command.ts";
import { idWord, jsonFlag } from "../parameters.ts";

export type ResetFlags = { readonly json?: boolean };

export const resetCommand = defineCommand<ResetFlags, [id: string]>({
  usage: "ID [--json]",
  brief: "Make a spec pending again, to be worked anew",
  description: `Gives up the run of a spec that failed, needs attention or has landed, and makes the spec pending again, in one commit
on its branch. What the run did is kept in a snapshot (refs/chant/snapshots/); its worktree and branch go. Drivers that
it had completed are open again, and the boxes of its criteria are empty. The next start is a new run from scratch. What
has landed stays landed.`,
  examples: [
    ["chant reset 001", "then change the spec, and: chant work 001"],
    ["chant reset 001 --json", "the same, told as JSON"],
  ],
  parameters: { flags: { json: jsonFlag }, positional: { kind: "tuple", parameters: [idWord] } },
  body: () => import("./reset.impl.ts"),
});
