import { defineCommand } from "../command.ts";
import { jsonFlag, word } from "../parameters.ts";

const WORDS = ["check", "show", "schema"] as const;

export type ConfigWord = (typeof WORDS)[number];
export type ConfigFlags = { readonly json?: boolean };

function configWord(input: string): ConfigWord {
  const found = WORDS.find((each) => each === input);
  if (found !== undefined) return found;
  throw new SyntaxError(`it must be one of ${WORDS.join(", ")}`);
}

export const configCommand = defineCommand<ConfigFlags, [what: ConfigWord, key?: string]>({
  usage: "check|show|schema [KEY] [--json]",
  brief: "Check the configuration, or show what holds and who says so",
  description: `The configuration is the front matter of .chant/config.md, above that of your own file, chant/config.md in
$XDG_CONFIG_HOME or ~/.config. Key by key the repository's holds, but for what is about you: worktree.root and notify.

check prints each problem with file, line and what is allowed there, and ends with 1 when there is an error. show prints
every key, or those that begin with KEY, with its value and the file and line that say so. schema prints a JSON Schema of
the front matter, for editors. Nothing is changed.`,
  examples: [
    ["chant config check", "after an edit"],
    ["chant config show watch.failure", "what holds there, and where it is said"],
    ["chant config schema >chant.schema.json", "for an editor"],
  ],
  parameters: {
    flags: { json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "What to do", parse: configWord, placeholder: "check|show|schema" },
        { brief: "A key, or what several begin with", parse: word, placeholder: "KEY", optional: true },
      ],
    },
  },
  body: () => import("./config.impl.ts"),
});
