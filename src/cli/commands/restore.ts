import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, option, toggle } from "../parameters.ts";

export type RestoreFlags = {
  readonly list?: boolean;
  readonly snapshot?: string;
  readonly to?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

export const restoreCommand = defineCommand<RestoreFlags, [id: string]>({
  usage: "ID [--list | --snapshot TIME [--to BRANCH]] [--dry-run] [--json]",
  brief: "Bring back a cancelled, deleted or archived spec, or lost work",
  description: `Sets a cancelled spec to pending; one that had been completed is to be worked anew, so its boxes are emptied. Of one
whose file was deleted, the last version in the branch's history comes back: pending, or completed if it was; an archived
one comes back with its group. With --list it shows the snapshots of the spec's work instead: when each was made, why,
how many files differ from the commit below it, and which commit it is. With --snapshot one of them is put on a new
branch, to be looked at and taken from; no checkout changes.`,
  examples: [
    ["chant restore 001", "it is pending again"],
    ["chant restore 001 --list", "what was kept of its runs"],
    ["chant restore 001 --snapshot 20260122T101500 --to rescued", "on a branch of its own"],
  ],
  parameters: {
    flags: {
      list: toggle("Show the snapshots of its work"),
      snapshot: option("When it was made, or the beginning of that; its ref or commit", "TIME"),
      to: option("The new branch; restored/ID-TIME when left out", "BRANCH"),
      dryRun: toggle("Say what would happen, and change nothing"),
      json: jsonFlag,
    },
    positional: { kind: "tuple", parameters: [idWord] },
  },
  body: () => import("./restore.impl.ts"),
});
