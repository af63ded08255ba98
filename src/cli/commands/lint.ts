import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, toggle } from "../parameters.ts";

export type LintFlags = {
  readonly format?: "text" | "json" | "sarif" | "github";
  readonly fix?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
};

export const lintCommand = defineCommand<LintFlags, string[]>({
  usage: "[ID...] [--format text|json|sarif|github] [--fix] [--strict] [--json]",
  brief: "Find what is wrong with specs, before an agent does",
  description: `Holds specs against rules: front matter that cannot be read, unknown keys, dependencies that do not exist or go in
circles, numbers given twice, criteria that are missing or open, specs that ask for too much at once, members without a
driver, and files that are no specs. One line a finding, with file, line, column and the permanent name of its rule.
Without ids it looks at all. It ends with 1 when there is an error; warnings alone end with 0, with --strict with 1.
Rules are turned off by "lint.disable" in the configuration.

It changes nothing, but for --fix: that mends what only one thing can have been meant by (another spelling of a known
key, what repeats the name of the file), and nothing in a spec that has a run. Nothing is committed.`,
  examples: [
    ["chant lint", "all specs"],
    ["chant lint 001 x7m", "these two"],
    ["chant lint --fix", "mends what is safe, and tells of the rest"],
    ["chant lint --strict --format github", "in a workflow: marks the lines, and fails on warnings, too"],
    ["chant lint --format sarif > chant.sarif", "for a code scanning service"],
  ],
  parameters: {
    flags: {
      format: {
        kind: "enum",
        values: ["text", "json", "sarif", "github"],
        brief: "How findings are printed; text when left out",
        optional: true,
      },
      fix: toggle("Mend what is safe"),
      strict: toggle("End with 1 on warnings, too"),
      json: jsonFlag,
    },
    positional: { kind: "array", parameter: idWord },
  },
  body: () => import("./lint.impl.ts"),
});
