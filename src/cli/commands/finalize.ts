import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, toggle } from "../parameters.ts";

export type FinalizeFlags = { readonly force?: boolean; readonly json?: boolean };

export const finalizeCommand = defineCommand<FinalizeFlags, [id: string]>({
  usage: "ID [--force] [--json]",
  brief: "Judge a stopped run again, and land it",
  description: `Judges and lands a run that failed or needs attention, by your word: its agent's own end no longer counts, its criteria
and its worktree do. With --force neither open criteria nor changes to what steers later runs or to submodules count,
and the commit says who decided that. A spec that was worked on in the checkout itself (chant start --here, or set
in_progress by hand) is completed without a merge.`,
  examples: [
    ["chant finalize 001", "all is done, though its agent ended badly"],
    ["chant finalize 001 --force", "good enough, with a criterion open"],
  ],
  parameters: {
    flags: { force: toggle("Open criteria do not count; who said so is recorded"), json: jsonFlag },
    positional: { kind: "tuple", parameters: [idWord] },
  },
  body: () => import("./finalize.impl.ts"),
});
