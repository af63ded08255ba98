import { SPEC_TYPES, type SpecType } from "../../domain/spec.ts";
import { defineCommand } from "../command.ts";
import { LIST_STATUSES, type ListStatus } from "../list-filter.ts";
import { jsonFlag, options, toggle } from "../parameters.ts";

export type ListFlags = {
  readonly status?: readonly ListStatus[];
  readonly label?: readonly string[];
  readonly type?: readonly SpecType[];
  readonly all?: boolean;
  readonly ready?: boolean;
  readonly summary?: boolean;
  readonly json?: boolean;
};

export const listCommand = defineCommand<ListFlags, []>({
  usage: "[--status STATUS]... [--label LABEL]... [--type TYPE]... [--all] [--ready] [--summary] [--json]",
  brief: "List specs and where they stand",
  description: `One line a spec: id, status, criteria ticked of all, title, and what it waits for. What is blocked, completed or
cancelled is left out and counted in a last line on standard error. A file that cannot be read is listed as broken,
with line and column. A run whose processes are gone is interrupted, never working.

What is blocked is pending and waits for a dependency that is not completed on your branch; one that is cancelled or
missing blocks as well, and says so. --summary prints no list but how many there are of each status, what each blocked
spec waits for and why, and what needs a person and why. The other flags choose what it is about.`,
  examples: [
    ["chant list", "what is under way, what needs a person, and what could start"],
    ["chant list --status failed --status needs_attention", "what a person must look at"],
    ["chant list --summary", "how many of each status, and what holds the others back"],
    ["chant list --ready --label ui --json", "what work would take, as JSON"],
  ],
  parameters: {
    flags: {
      status: {
        kind: "enum",
        values: LIST_STATUSES,
        brief: "Only specs of this status; may be repeated",
        optional: true,
        variadic: true,
      },
      label: options("Only specs with this label; several must all be there", "LABEL"),
      type: {
        kind: "enum",
        values: SPEC_TYPES,
        brief: "Only specs of this type; may be repeated",
        optional: true,
        variadic: true,
      },
      all: toggle("Also what is blocked, completed or cancelled"),
      ready: toggle("Only what work would take now"),
      summary: toggle("Counts, and what waits or needs a person and why"),
      json: jsonFlag,
    },
  },
  body: () => import("./list.impl.ts"),
});
