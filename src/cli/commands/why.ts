import { defineCommand } from "../command.ts";
import { idWord, jsonFlag } from "../parameters.ts";

export const whyCommand = defineCommand<{ readonly json?: boolean }, [id: string]>({
  usage: "ID [--json]",
  brief: "Say why a spec is not running, has not landed, or waits",
  description: `One answer in words, from the facts of this moment: what it waits for and how that stands, which process has it and
whether its agent is alive, which of your edits hold its landing back, why it failed or needs a person, or which commit
landed it; and what to type next.`,
  examples: [
    ["chant why 001", "the answer in words"],
    ["chant why 001 --json", "the same as JSON"],
  ],
  parameters: { flags: { json: jsonFlag }, positional: { kind: "tuple", parameters: [idWord] } },
  body: () => import("./why.impl.ts"),
});
