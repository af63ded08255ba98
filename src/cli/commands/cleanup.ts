import { defineCommand } from "../command.ts";
import { jsonFlag, toggle } from "../parameters.ts";

export type CleanupFlags = {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
};

export const cleanupCommand = defineCommand<CleanupFlags, []>({
  usage: "[--dry-run] [--yes] [--json]",
  brief: "Remove what no run needs any more",
  description: `Lists worktrees that belong to nothing, branches of runs that are over, locks whose holder is gone, snapshots and logs
past their time, old copies of the program in the user's cache, and files that were never put in place, with their sizes;
and removes them. At a terminal it asks first; elsewhere it takes --yes. Nothing is lost: a worktree or branch that holds
what stands nowhere else is kept in a snapshot first (chant restore ID --snapshot TIME). A worktree that a person has taken
over is only listed, and what belongs to a run that is not over is left alone. How long things stay is said under
lifecycle in .chant/config.md; work and watch remove snapshots and logs by themselves once a day.`,
  examples: [
    ["chant cleanup --dry-run", "see what would go"],
    ["chant cleanup --yes", "do it without being asked"],
  ],
  parameters: {
    flags: {
      dryRun: toggle("Say what would be done, and change nothing"),
      yes: toggle("Do it without asking"),
      json: jsonFlag,
    },
  },
  body: () => import("./cleanup.impl.ts"),
});
