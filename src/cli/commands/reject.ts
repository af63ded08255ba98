import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, option, toggle, word } from "../parameters.ts";

export type RejectFlags = {
  readonly reason: string;
  readonly by?: string;
  readonly result?: boolean;
  readonly json?: boolean;
};

export const rejectCommand = defineCommand<RejectFlags, [id: string]>({
  usage: "ID --reason TEXT [--result] [--by NAME] [--json]",
  brief: "Reject a spec, or what came of it, with a reason",
  description: `Keeps a spec from starting until somebody approves it, and records why. What else follows is said by
approval.rejection_action in the configuration: nothing (manual); a new spec to do what the rejection asks for, which
the rejected one waits for (dependency); or a member for each criterion, one after the other, of which each needs its
own approval (group). It is committed as it stands on disk.

With --result it is about what a finished run made and nobody has approved yet: the spec needs attention then, for this
reason, and chant resume tells its agent.`,
  examples: [
    ['chant reject 001 --reason "Too big: split it"', "it does not start"],
    ['chant reject 001 --reason "Ask the team first" --by Ann', "in the name of Ann"],
    ['chant reject 001 --result --reason "It is slow"', "what its run made does not land"],
  ],
  parameters: {
    flags: {
      reason: { kind: "parsed", parse: word, brief: "Why, for whoever wrote the spec", placeholder: "TEXT" },
      result: toggle("Reject what a finished run made"),
      by: option("Who rejects; git's user when left out", "NAME"),
      json: jsonFlag,
    },
    positional: { kind: "tuple", parameters: [idWord] },
  },
  body: () => import("./reject.impl.ts"),
});
