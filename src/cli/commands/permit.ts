import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, toggle } from "../parameters.ts";

export type PermitFlags = { readonly deny?: boolean; readonly json?: boolean };

export const permitCommand = defineCommand<PermitFlags, [id: string]>({
  usage: "ID [--deny] [--json]",
  brief: "Allow what an agent asks for",
  description: `Answers the oldest question of an agent that may ask: one of the provider acp with "permissions: ask". It waits until
somebody answers, and its time limits go on meanwhile. chant log shows what it asks. What is denied it does not get, and
its run has then failed by that name.`,
  examples: [
    ["chant permit 001", "it may do what it asks for, this once"],
    ["chant permit 001 --deny", "it may not"],
  ],
  parameters: {
    flags: { deny: toggle("Refuse it"), json: jsonFlag },
    positional: { kind: "tuple", parameters: [idWord] },
  },
  body: () => import("./permit.impl.ts"),
});
