import { defineCommand } from "../command.ts";
import { jsonFlag } from "../parameters.ts";

export type AgentsFlags = { readonly json?: boolean };

export const agentsCommand = defineCommand<AgentsFlags, []>({
  usage: "[--json]",
  brief: "List the agents, and what each can do here",
  description: `Lists the agents that the configuration describes (a star marks the default), then the providers that none of them uses
(-): whether the program is there and which version, by what a key or a login was found, whether it goes on with its
session (resume), whether its output is read event by event, what it tells of its usage, whether chant split can ask it
(json), and with which version all that was tried; "unverified" is known from documentation only. No model is asked and
nothing goes over the network.`,
  examples: [["chant agents", "who can work here"]],
  parameters: { flags: { json: jsonFlag } },
  body: () => import("./agents.impl.ts"),
});
