import { defineCommand } from "../command.ts";
import { EXPORT_STATUSES, type ExportStatus } from "../export-flags.ts";
import { jsonFlag, option, options, positive, toggle, word } from "../parameters.ts";

export type SearchFlags = {
  readonly title?: boolean;
  readonly status?: readonly ExportStatus[];
  readonly label?: readonly string[];
  readonly since?: string;
  readonly archived?: boolean;
  readonly limit?: number;
  readonly json?: boolean;
};

export const searchCommand = defineCommand<SearchFlags, string[]>({
  usage:
    "[--title] [--status STATUS]... [--label LABEL]... [--since DAY|30d] [--archived] [--limit N] [--json] QUERY...",
  brief: "Find specs by what is written in them",
  description: `Looks for words in titles, labels and texts; case and accents do not count. All words must be there, in any order.
"Words in quotes" must stand together, and word* also finds what begins so; no other sign means anything. The best
come first (a word in the title counts most), each with the part of its text that matches, matches marked. Without a
match the exit status is 0 as well.`,
  examples: [
    ["chant search parser error", "both words, anywhere"],
    [`chant search '"exit status" pars*'`, "a phrase, and what begins with pars"],
    [
      "chant search --title --status completed --since 30d sort",
      "in titles of what was written lately and is done",
    ],
    ["chant search --archived --json sort", "also in the archive, as JSON"],
  ],
  parameters: {
    flags: {
      title: toggle("Look in titles alone"),
      status: {
        kind: "enum",
        values: EXPORT_STATUSES,
        brief: "Only specs of this status; may be repeated",
        optional: true,
        variadic: true,
      },
      label: options("Only specs with this label; several must all be there", "LABEL"),
      since: option("Only specs written on this day or later, or so long ago", "DAY|30d"),
      archived: toggle("Also what is in the archive"),
      limit: {
        kind: "parsed",
        parse: positive,
        brief: "How many to show at most (default: 20)",
        placeholder: "N",
        optional: true,
      },
      json: jsonFlag,
    },
    positional: {
      kind: "array",
      parameter: { brief: "What to look for", parse: word, placeholder: "QUERY" },
      minimum: 1,
    },
  },
  body: () => import("./search.impl.ts"),
});
