import { defineCommand } from "../command.ts";
import { jsonFlag, option } from "../parameters.ts";

export type StatsFlags = { readonly since?: string; readonly json?: boolean };

export const statsCommand = defineCommand<StatsFlags, []>({
  usage: "[--since TIME] [--json]",
  brief: "Show throughput, lead times, success by agent, tokens and cost",
  description: `What landed on the current branch and how long it took, how agents and models did, and what they used by day, of the last
30 days. Landings and what specs say of their usage come from git, the ends of attempts from the journal. A cost that
nobody told is counted as unknown, never as nothing.`,
  examples: [
    ["chant stats", "of the last 30 days"],
    ["chant stats --since 2026-01-01 --json", "since a day, as JSON"],
  ],
  parameters: {
    flags: {
      since: option(
        "From then on: a day such as 2026-01-31, or so long ago, such as 90d (default: 30d)",
        "TIME",
      ),
      json: jsonFlag,
    },
  },
  body: () => import("./stats.impl.ts"),
});
