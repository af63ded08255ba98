import { defineCommand } from "../command.ts";
import { idWord, jsonFlag } from "../parameters.ts";

export type LintFlags = { readonly format?: "text" | "json"; readonly json?: boolean };

export const lintCommand = defineCommand<LintFlags, string[]>({
  usage: "[ID...] [--format text|json] [--json]",
  brief: "Find what is wrong with specs, before an agent does",
  description: `Holds specs against rules: front matter that cannot be read, unknown keys, dependencies that do not exist or go in
circles, numbers given twice, criteria that are missing or open, and files that are no specs. One line a finding, with
file, line, column and the permanent name of its rule. Without ids it looks at all. It changes nothing, and ends with 1
when there is an error; warnings alone end with 0.`,
  examples: [
    ["chant lint", "all specs"],
    ["chant lint 001 x7m", "these two"],
    ["chant lint --format json", "for a script or an editor"],
  ],
  parameters: {
    flags: {
      format: {
        kind: "enum",
        values: ["text", "json"],
        brief: "How findings are printed; text when left out",
        optional: true,
      },
      json: jsonFlag,
    },
    positional: { kind: "array", parameter: idWord },
  },
  body: () => import("./lint.impl.ts"),
});
