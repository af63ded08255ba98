import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, option } from "../parameters.ts";

export type ApproveFlags = { readonly by?: string; readonly json?: boolean };

export const approveCommand = defineCommand<ApproveFlags, string[]>({
  usage: "ID... [--by NAME] [--json]",
  brief: "Approve specs, so that they may start",
  description: `Gives a person's leave to start specs as they stand on disk now: that content is committed with the approval, all of
them in one step. The approval is bound to it; an edit of what the agent would do needs a new one, while ticks and
changes of status do not. A driver stands for its open members that need an approval.

An approval counts once it is on the branch. What an agent writes about approvals on its own branch never does.`,
  examples: [
    ["chant approve 001", "leave to start it as it stands"],
    ["chant approve 001 002 --by Ann", "two at once, in the name of Ann"],
  ],
  parameters: {
    flags: {
      by: option("Who approves; git's user when left out", "NAME"),
      json: jsonFlag,
    },
    positional: { kind: "array", parameter: idWord, minimum: 1 },
  },
  body: () => import("./approve.impl.ts"),
});
