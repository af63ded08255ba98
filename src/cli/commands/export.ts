import { EXPORT_FIELD_NAMES, EXPORT_FORMATS, type ExportFormat } from "../../domain/export.ts";
import { SPEC_TYPES, type SpecType } from "../../domain/spec.ts";
import { defineCommand } from "../command.ts";
import { EXPORT_STATUSES, type ExportStatus } from "../export-flags.ts";
import { option, options, toggle } from "../parameters.ts";

export type ExportFlags = {
  readonly format?: ExportFormat;
  readonly status?: readonly ExportStatus[];
  readonly type?: readonly SpecType[];
  readonly label?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly fields?: string;
  readonly output?: string;
  readonly all?: boolean;
};

export const exportCommand = defineCommand<ExportFlags, []>({
  usage:
    "[--format json|ndjson|csv|md] [--status STATUS]... [--type TYPE]... [--label LABEL]... [--from DAY] [--to DAY] [--fields NAME,...] [--all] [-o FILE]",
  brief: "Write specs as JSON, CSV or Markdown",
  description: `One record a spec, in the order of ids, on standard output or into a file, which is there whole or as it was
before. Days are those on which specs were written, as their ids say. A text in CSV that a spreadsheet would run as a
formula gets an apostrophe before it. The shape of the JSON is docs/reference/export.schema.json.

Fields: ${EXPORT_FIELD_NAMES.join(", ")}. Without --fields all of them, in CSV all but the body.`,
  examples: [
    ["chant export > specs.json", "everything, as JSON"],
    ["chant export --format csv --status completed --from 2026-01-01 -o done.csv", "for a spreadsheet"],
    ["chant export --format ndjson --fields id,status,cost_usd", "three fields, one object a line"],
  ],
  parameters: {
    flags: {
      format: {
        kind: "enum",
        values: EXPORT_FORMATS,
        brief: "The format (default: json)",
        optional: true,
      },
      status: {
        kind: "enum",
        values: EXPORT_STATUSES,
        brief: "Only specs of this status; may be repeated",
        optional: true,
        variadic: true,
      },
      type: {
        kind: "enum",
        values: SPEC_TYPES,
        brief: "Only specs of this type; may be repeated",
        optional: true,
        variadic: true,
      },
      label: options("Only specs with this label; several must all be there", "LABEL"),
      from: option("Only specs written on this day or later", "DAY"),
      to: option("Only specs written on this day or before", "DAY"),
      fields: option("The fields, divided by commas, in the order in which they shall come", "NAME,..."),
      all: toggle("Also what is in the archive"),
      output: option("The file to write instead of standard output", "FILE"),
    },
    aliases: { o: "output" },
  },
  body: () => import("./export.impl.ts"),
});
