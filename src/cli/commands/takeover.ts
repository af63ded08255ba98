import { defineCommand } from "../command.ts";
import { idWord, jsonFlag } from "../parameters.ts";

export type TakeoverFlags = { readonly json?: boolean };

export const takeoverCommand = defineCommand<TakeoverFlags, [id: string]>({
  usage: "ID [--json]",
  brief: "Stop the agent of a spec, and go on with it yourself",
  description: `Ends the agent as chant pause does, and says what it did so far: commits, ticked criteria, uncommitted files, the end of
its log; and where its worktree is, for you to go on in it. From then on that worktree is yours: neither watch nor work
does anything about it. chant finalize judges and lands what you made of it, chant resume gives it back to its agent,
chant reset and chant cancel give it up. After landing, the worktree is removed only if it holds nothing else.`,
  examples: [
    ["chant takeover 001", "its worktree is yours"],
    ["chant finalize 001", "done: judge it and land it"],
    ["chant resume 001 --work", "let its agent go on"],
  ],
  parameters: { flags: { json: jsonFlag }, positional: { kind: "tuple", parameters: [idWord] } },
  body: () => import("./takeover.impl.ts"),
});
