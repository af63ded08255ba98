import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, toggle } from "../parameters.ts";

export type CancelFlags = { readonly delete?: boolean; readonly dryRun?: boolean; readonly json?: boolean };

export const cancelCommand = defineCommand<CancelFlags, [id: string]>({
  usage: "ID [--delete] [--dry-run] [--json]",
  brief: "Call a spec off, and stop its agent",
  description: `Sets a spec to cancelled, in a commit of its own. An agent that works on it is ended first, for sure; what it did is
kept in a snapshot (refs/chant/snapshots/), and its worktree and branch go. What has landed stays landed. With --delete
the spec's file is removed as well; git keeps it.`,
  examples: [
    ["chant cancel 001 --dry-run", "say what would happen"],
    ["chant cancel 001", "stop its agent, and call it off"],
    ["chant cancel 001 --delete", "remove its file, too"],
  ],
  parameters: {
    flags: {
      delete: toggle("Remove the spec's file as well"),
      dryRun: toggle("Say what would happen, and change nothing"),
      json: jsonFlag,
    },
    positional: { kind: "tuple", parameters: [idWord] },
  },
  body: () => import("./cancel.impl.ts"),
});
