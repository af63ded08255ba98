import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, option, toggle } from "../parameters.ts";

export type ApproveFlags = { readonly by?: string; readonly result?: boolean; readonly json?: boolean };

export const approveCommand = defineCommand<ApproveFlags, string[]>({
  usage: "ID... [--result] [--by NAME] [--json]",
  brief: "Approve specs, so that they start, or what came of them, so that it lands",
  description: `Gives a person's leave to start specs as they stand on disk now: that content is committed with the approval, all of
them in one step. The approval is bound to it; an edit of what the agent would do needs a new one, while ticks and
changes of status do not. A driver stands for its open members that need an approval.

With --result it is about what a finished run made, where approval.result asks for that: it prints which files that
changes, and lands it. The approval is bound to the commit that was judged.

An approval counts once it is on the branch. What an agent writes about approvals on its own branch never does.`,
  examples: [
    ["chant approve 001", "leave to start it as it stands"],
    ["chant approve 001 002 --by Ann", "two at once, in the name of Ann"],
    ["chant approve 001 --result", "land what its run made"],
  ],
  parameters: {
    flags: {
      result: toggle("Approve what a finished run made, and land it"),
      by: option("Who approves; git's user when left out", "NAME"),
      json: jsonFlag,
    },
    positional: { kind: "array", parameter: idWord, minimum: 1 },
  },
  body: () => import("./approve.impl.ts"),
});
