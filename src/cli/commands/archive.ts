import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, option, toggle } from "../parameters.ts";

export type ArchiveFlags = {
  readonly olderThan?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

export const archiveCommand = defineCommand<ArchiveFlags, string[]>({
  usage: "[ID]... [--older-than DURATION] [--dry-run] [--json]",
  brief: "Move completed specs into the archive",
  description: `Moves completed specs to .chant/archive/YYYY/MM/, packed with gzip, in one commit. Their ids go on to be known: to
show, why, search, export and depends_on. A driver goes with all its members or not at all. What an open spec depends
on stays, and so does what has a run that is not over, or changes that are not committed. Without an ID, everything goes
that was completed long enough ago: --older-than, else lifecycle.specs.retention of the configuration. With
lifecycle.specs.archive.enabled, work and watch do that by themselves once a day. chant restore brings a spec back.`,
  examples: [
    ["chant archive --older-than 90d --dry-run", "say what would go"],
    ["chant archive 001", "archive one spec, however new"],
  ],
  parameters: {
    flags: {
      olderThan: option("Only what was completed so long ago, such as 90d or 1y", "DURATION"),
      dryRun: toggle("Say what would be archived, and change nothing"),
      json: jsonFlag,
    },
    positional: { kind: "array", parameter: idWord },
  },
  body: () => import("./archive.impl.ts"),
});
