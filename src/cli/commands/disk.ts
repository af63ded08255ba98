import { defineCommand } from "../command.ts";
import { jsonFlag } from "../parameters.ts";

export type DiskFlags = { readonly json?: boolean };

export const diskCommand = defineCommand<DiskFlags, []>({
  usage: "[--json]",
  brief: "Show how much room chant takes",
  description: `Shows what chant uses on this machine, by kind, with the place and the total: worktrees, files of runs, logs, the archive,
specs, copies of the program (which all repositories share), and what snapshots alone keep in git, packed as it is. It only
reads. chant cleanup --dry-run says what of it can go.`,
  examples: [["chant disk", "what takes the room"]],
  parameters: { flags: { json: jsonFlag } },
  body: () => import("./disk.impl.ts"),
});
