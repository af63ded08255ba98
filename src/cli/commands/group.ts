import { defineCommand } from "../command.ts";
import { idWord, jsonFlag } from "../parameters.ts";

export const groupCommand = defineCommand<{ readonly json?: boolean }, [id: string]>({
  usage: "ID [--json]",
  brief: "Show a driver and its members",
  description: `A line for the driver and one for each member, in the order of their numbers, members of members indented; how many
are completed is told on standard error. Of a member it shows the whole group. A driver is completed with its last
member, by the same commit: its own criteria do not count.`,
  examples: [
    ["chant group 001", "how far each member is"],
    ["chant group 001.2", "its own members where it has any, else the group that it is in"],
    ["chant group x7m --json", "the same as JSON"],
  ],
  parameters: { flags: { json: jsonFlag }, positional: { kind: "tuple", parameters: [idWord] } },
  body: () => import("./group.impl.ts"),
});
