import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, option } from "../parameters.ts";

export type PrepFlags = { readonly prompt?: string; readonly json?: boolean };

export const prepCommand = defineCommand<PrepFlags, [id: string]>({
  usage: "ID [--prompt NAME] [--json]",
  brief: "Print the prompt of a spec as its agent gets it",
  description: `Prints on standard output, byte for byte, what an agent is told when work gives it the spec: the prompt that the spec or
the configuration names, with what it extends and with its variables filled. Where the spec has a run, it is what the
agent of the latest attempt was given. It starts nothing and changes nothing.`,
  examples: [
    ["chant prep 001", "what the agent of 001 is told"],
    ["chant prep 001 --prompt tdd", "what it would be told by another prompt"],
    ["chant prep 001 | claude -p", "gives it to an agent by hand"],
  ],
  parameters: {
    flags: {
      prompt: option("Another prompt than the spec or the configuration names", "NAME"),
      json: jsonFlag,
    },
    positional: { kind: "tuple", parameters: [idWord] },
  },
  body: () => import("./prep.impl.ts"),
});
