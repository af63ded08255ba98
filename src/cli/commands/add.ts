import { SPEC_TYPES, type SpecType } from "../../domain/spec.ts";
import { defineCommand } from "../command.ts";
import { jsonFlag, option, options, toggle, whole, word } from "../parameters.ts";

export type AddFlags = {
  readonly type?: SpecType;
  readonly label?: readonly string[];
  readonly dependsOn?: readonly string[];
  readonly criterion?: readonly string[];
  readonly bodyFile?: string;
  readonly targetFile?: readonly string[];
  readonly priority?: number;
  readonly prompt?: string;
  readonly agent?: string;
  readonly group?: string;
  readonly template?: string;
  readonly var?: readonly string[];
  readonly needsApproval?: boolean;
  readonly commit?: boolean;
  readonly json?: boolean;
};

export const addCommand = defineCommand<AddFlags, string[]>({
  usage:
    "[TEXT] [--template NAME [--var NAME=VALUE]...] [--type TYPE] [--label LABEL]... [--depends-on ID]... [--criterion TEXT]... [--body-file FILE|-] [--target-file PATH]... [--priority N] [--prompt NAME] [--agent NAME] [--group ID] [--needs-approval] [--commit] [--json]",
  brief: "Write a new spec",
  description: `Writes .chant/specs/ID.md and prints its id and path. The file need not be committed to be worked: a run starts
from the spec as it stands on disk.

With --group it becomes a member of that spec, ID.N with the next free number, and nothing is inherited. A driver that
was completed is open again, in one commit on your branch.

With --template it is made of a template: --var fills its variables, TEXT goes where the place {{title}} is, or becomes the
heading, and may be left out where the template has one. What other flags say comes on top.`,
  examples: [
    [
      'chant add "Sort the list" --criterion "Ties keep their order"',
      "prints the id and the path of the new spec",
    ],
    [
      'chant add "Use it" --depends-on 001 --label ui --commit',
      "waits for another spec, and is committed alone",
    ],
    ['chant add "Write the schema" --group 001', "a member of 001, which is completed with its last one"],
    ['chant add "Login fails" --template bug --var component=auth', "by a template, see chant template list"],
    ['git log -1 --format=%b | chant add "Port this" --body-file -', "takes the text from standard input"],
  ],
  parameters: {
    flags: {
      type: {
        kind: "enum",
        values: SPEC_TYPES,
        brief: "What kind of work it is (default: code)",
        optional: true,
      },
      label: options("A label; may be repeated", "LABEL"),
      dependsOn: options("A spec that must have landed before; may be repeated", "ID"),
      criterion: options("What must be true when it is done; may be repeated", "TEXT"),
      bodyFile: option("The text between title and criteria; - is standard input", "FILE"),
      targetFile: options("A file that it is about; may be repeated", "PATH"),
      priority: {
        kind: "parsed",
        parse: whole,
        brief: "Higher goes first",
        placeholder: "N",
        optional: true,
      },
      prompt: option("The prompt in .chant/prompts to give the agent", "NAME"),
      agent: option("The agent of the configuration to give it to", "NAME"),
      group: option("The spec of which it becomes a member", "ID"),
      template: option("The template to make it of", "NAME"),
      var: options("A value for a variable of the template; may be repeated", "NAME=VALUE"),
      needsApproval: toggle("It starts only once a person has approved it"),
      commit: toggle("Commit the new file, and nothing else"),
      json: jsonFlag,
    },
    positional: {
      kind: "array",
      parameter: {
        brief: "The title, in one line; with --template it may have its own",
        parse: word,
        placeholder: "TEXT",
      },
    },
  },
  body: () => import("./add.impl.ts"),
});
