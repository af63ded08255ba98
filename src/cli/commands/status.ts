import { defineCommand } from "../command.ts";
import { jsonFlag } from "../parameters.ts";

export type StatusFlags = { readonly json?: boolean };

export const statusCommand = defineCommand<StatusFlags, []>({
  usage: "[--json]",
  brief: "Show on one screen what is under way and what waits",
  description: `Whether a watch runs, the runs and what each does, what waits or needs a person and why, the retries that are due, and
how many specs there are of each status. For one spec: chant why ID. All specs, and
changes as they happen: chant dashboard.`,
  examples: [
    ["chant status", "how things stand"],
    ["chant status --json", "the same as JSON"],
  ],
  parameters: { flags: { json: jsonFlag } },
  body: () => import("./status.impl.ts"),
});
