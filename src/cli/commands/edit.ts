import { defineCommand } from "../command.ts";
import { idWord } from "../parameters.ts";

export const editCommand = defineCommand<{}, [id: string]>({
  usage: "ID",
  brief: "Open a spec in your editor, and lint what you saved",
  description: `Opens the spec's file in the editor that VISUAL names, or EDITOR; off a terminal only EDITOR counts. A shell splits
their words, as git has it, so EDITOR="code --wait" works. Afterwards it prints what chant lint says of the file, and
ends with 1 when there is an error; the file stays as you saved it. Nothing is committed. When an agent works on the
spec it says first what an edit will mean.`,
  examples: [
    ["chant edit 001", "any part of an id will do that only one spec has"],
    ['EDITOR="code --wait" chant edit x7m', "with another editor"],
  ],
  parameters: { flags: {}, positional: { kind: "tuple", parameters: [idWord] } },
  body: () => import("./edit.impl.ts"),
});
