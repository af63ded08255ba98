import { defineCommand } from "../command.ts";
import { idWords, jsonFlag, toggle } from "../parameters.ts";

export type CancelFlags = {
  readonly delete?: boolean;
  readonly cascade?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

export const cancelCommand = defineCommand<CancelFlags, readonly string[]>({
  usage: "ID... [--cascade [--yes]] [--delete] [--dry-run] [--json]",
  brief: "Call specs off, and stop their agents",
  description: `Sets specs to cancelled, all in one commit. An agent that works on one is ended first, for sure; what it did is kept in
a snapshot (refs/chant/snapshots/), and its worktree and branch go. What has landed stays landed. With --cascade their
members, and all that depends on them, go with them, unless they are over: these are named first, and on a terminal you
are asked. With --delete the files are removed as well; git keeps them. chant restore brings back either.`,
  examples: [
    ["chant cancel 001 --dry-run", "say what would happen"],
    ["chant cancel 001", "stop its agent, and call it off"],
    ["chant cancel 001 002 --delete", "remove their files, too"],
    ["chant cancel 001 --cascade --yes", "with its members and what depends on it, without a question"],
  ],
  parameters: {
    flags: {
      delete: toggle("Remove the specs' files as well"),
      cascade: toggle("Their members, and all that depends on them, too"),
      yes: toggle("Do not ask about what goes with them"),
      dryRun: toggle("Say what would happen, and change nothing"),
      json: jsonFlag,
    },
    positional: idWords,
  },
  body: () => import("./cancel.impl.ts"),
});
