import { defineCommand } from "../command.ts";
import { jsonFlag, option, positive } from "../parameters.ts";

export type ActivityFlags = {
  readonly since?: string;
  readonly by?: string;
  readonly spec?: string;
  readonly limit?: number;
  readonly json?: boolean;
};

export const activityCommand = defineCommand<ActivityFlags, []>({
  usage: "[--since TIME] [--by NAME] [--spec ID] [--limit N] [--json]",
  brief: "Show what happened: starts, landings, failures, decisions",
  description: `One line for each thing that happened to a spec, the newest last, in local time: what the history of the current
branch says (who and when), and what only the journal knows (retries, agents, interruptions). Without a journal git alone
answers.`,
  examples: [
    ["chant activity", "the last 50"],
    ["chant activity --since 7d --by ada", "what Ada did this week"],
    ["chant activity --spec x7m --limit 5", "the last of one spec"],
  ],
  parameters: {
    flags: {
      since: option("Only since then: a day such as 2026-01-31, or so long ago, such as 7d", "TIME"),
      by: option("Only by this author or agent, or whose name holds this", "NAME"),
      spec: option("Only of this spec", "ID"),
      limit: {
        kind: "parsed",
        parse: positive,
        brief: "At most so many, the newest (default: 50)",
        placeholder: "N",
        optional: true,
      },
      json: jsonFlag,
    },
  },
  body: () => import("./activity.impl.ts"),
});
