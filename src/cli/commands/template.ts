import { defineCommand } from "../command.ts";
import { jsonFlag, option, options, word } from "../parameters.ts";

const WORDS = ["list", "show", "add"] as const;

export type TemplateWord = (typeof WORDS)[number];
export type TemplateFlags = {
  readonly description?: string;
  readonly var?: readonly string[];
  readonly bodyFile?: string;
  readonly json?: boolean;
};

function templateWord(input: string): TemplateWord {
  const found = WORDS.find((each) => each === input);
  if (found !== undefined) return found;
  throw new SyntaxError(`it must be one of ${WORDS.join(", ")}`);
}

export const templateCommand = defineCommand<TemplateFlags, [what: TemplateWord, name?: string]>({
  usage: "list|show|add [NAME] [--description TEXT] [--var NAME[=DEFAULT]]... [--body-file FILE|-] [--json]",
  brief: "List, show or write templates of specs",
  description: `A template is a spec with places such as {{component}}: a markdown file in .chant/templates, or in the folder templates
beside your own configuration, for all your repositories. Its front matter has name, description and variables (each with
name, description, required, default), and whatever the specs are to have. chant add --template NAME makes a spec of it.

list prints a line for each; show prints its variables and its text; add writes a new one, from a beginning or from
--body-file, and leaves one that is there. Nothing is committed.`,
  examples: [
    ["chant template list", "which there are"],
    [
      "chant template add bug --var component --var severity=low",
      "a new one; component must be given, severity need not",
    ],
    ["chant template show bug", "what it asks for, and what it makes"],
    ['chant add "Login fails" --template bug --var component=auth', "a spec of it"],
  ],
  parameters: {
    flags: {
      description: option("For add: what it is for", "TEXT"),
      var: options("For add: a variable; with =DEFAULT it need not be given", "NAME[=DEFAULT]"),
      bodyFile: option("For add: the text of the specs, with its places; - is standard input", "FILE"),
      json: jsonFlag,
    },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "What to do", parse: templateWord, placeholder: "list|show|add" },
        { brief: "A template", parse: word, placeholder: "NAME", optional: true },
      ],
    },
  },
  body: () => import("./template.impl.ts"),
});
