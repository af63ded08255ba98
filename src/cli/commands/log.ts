import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, positive, toggle } from "../parameters.ts";

export type LogFlags = {
  readonly follow?: boolean;
  readonly attempt?: number;
  readonly raw?: boolean;
  readonly json?: boolean;
};

export const logCommand = defineCommand<LogFlags, [id: string]>({
  usage: "ID [--follow] [--attempt N] [--raw] [--json]",
  brief: "Print what the agents of a spec have printed, and what became of it",
  description: `Prints .chant/logs/ID.log with the local time of day at the left of each line, a header before each attempt, and a date
where the day changes. Lines that begin with == behind the time are chant's: why an attempt failed, when it is tried
again, what its landing waits for. With --follow it stays and prints what comes, through retries, until the run has
landed or waits for a person. A spec that was reset counts its attempts anew; --attempt takes the last of that number.

--raw prints what the agent's program itself printed, byte for byte, without times; on a terminal control characters
are made visible all the same.`,
  examples: [
    ["chant log 001", "everything so far"],
    ["chant log 001 -f", "and what comes, until the run is over"],
    ["chant log 001 --attempt 2", "only the second attempt"],
    ["chant log 001 --raw >events.jsonl", "what the agent's program printed, as it is"],
  ],
  parameters: {
    flags: {
      follow: toggle("Stay until the run is over"),
      attempt: {
        kind: "parsed",
        parse: positive,
        brief: "Only this attempt",
        placeholder: "N",
        optional: true,
      },
      raw: toggle("What the agent's program printed, byte for byte"),
      json: jsonFlag,
    },
    aliases: { f: "follow" },
    positional: { kind: "tuple", parameters: [idWord] },
  },
  body: () => import("./log.impl.ts"),
});
