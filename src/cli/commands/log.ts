import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, toggle } from "../parameters.ts";

export type LogFlags = {
  readonly follow?: boolean;
  readonly json?: boolean;
};

export const logCommand = defineCommand<LogFlags, [id: string]>({
  usage: "ID [--follow] [--json]",
  brief: "Print what the agents of a spec have printed",
  description: `Prints .chant/logs/ID.log: what each attempt's agent printed, line by line with the time of day. With --follow it
stays and prints what comes, until the agent has ended.`,
  examples: [
    ["chant log 001", "everything so far"],
    ["chant log 001 -f", "and what comes, until the agent has ended"],
  ],
  parameters: {
    flags: { follow: toggle("Stay until the agent has ended"), json: jsonFlag },
    aliases: { f: "follow" },
    positional: { kind: "tuple", parameters: [idWord] },
  },
  body: () => import("./log.impl.ts"),
});
