import { defineCommand } from "../command.ts";
import { LIST_STATUSES, type ListStatus } from "../list-filter.ts";
import { idWord, jsonFlag, options, toggle } from "../parameters.ts";

export type DagFlags = {
  readonly format?: "tree" | "dot" | "mermaid" | "json";
  readonly status?: readonly ListStatus[];
  readonly label?: readonly string[];
  readonly all?: boolean;
  readonly json?: boolean;
};

export const dagCommand = defineCommand<DagFlags, [id?: string]>({
  usage: "[ID] [--format tree|dot|mermaid|json] [--status STATUS]... [--label LABEL]... [--all] [--json]",
  brief: "Show what waits for what, the longest chain, and how much can run at once",
  description: `Draws the dependencies, and the members of drivers: as a tree, what a spec waits for is below it. Each spec has one line
of its own; where it comes again, the line says whether that is above or below. An arrow down is all that the spec above
it waits for. With an ID it draws that spec, what it waits for and what waits for it. Without, what is completed or
cancelled is left out and counted on standard error, unless something that is open waits for it.

The critical path is the longest chain of specs that are not completed, of which each waits for the one before it: each
counts 1, a driver nothing, as its members are worked in its place. The width is the most specs that could be worked at
once, however long each takes. Both are about all specs (with an ID: those around it); --status and --label only choose
what is drawn, and where only specs that are left out lie between two, they are joined.`,
  examples: [
    ["chant dag", "the tree of what is open"],
    ["chant dag 001", "all around one spec"],
    ["chant dag --label ui --status pending --status blocked", "what is to come of one part"],
    ["chant dag --format dot | dot -Tsvg > dag.svg", "drawn by Graphviz"],
    ["chant dag --format mermaid", "for a block of markdown"],
  ],
  parameters: {
    flags: {
      format: {
        kind: "enum",
        values: ["tree", "dot", "mermaid", "json"],
        brief: "How it is drawn; tree when left out",
        optional: true,
      },
      status: {
        kind: "enum",
        values: LIST_STATUSES,
        brief: "Only specs of this status; may be repeated",
        optional: true,
        variadic: true,
      },
      label: options("Only specs with this label; several must all be there", "LABEL"),
      all: toggle("Also what is completed or cancelled"),
      json: jsonFlag,
    },
    positional: { kind: "tuple", parameters: [{ ...idWord, optional: true }] },
  },
  body: () => import("./dag.impl.ts"),
});
