import { unreachable } from "../kit/unreachable.ts";
import { isBroken } from "./spec.ts";
import type { BrokenSpec, Spec } from "./spec.ts";
import { linesWithHeadings } from "./markdown.ts";

/** What a field of an export may hold; null where the spec does not say. */
export type ExportValue = string | number | boolean | readonly string[] | null;

/** What is known of a spec besides its file. */
export interface ExportedSpec {
  readonly spec: Spec | BrokenSpec;
  /** With what its run says laid over the file's. */
  readonly status: string;
  /** Relative to the repository. */
  readonly path: string;
  readonly isArchived: boolean;
}

interface ExportField {
  /** JSON types of its value besides null. */
  readonly type: "string" | "integer" | "number" | "boolean" | "texts";
  readonly brief: string;
  readonly of: (exported: ExportedSpec) => ExportValue | undefined;
}

/** Reads a field of a spec that can be read. */
const readable =
  (read: (spec: Spec) => ExportValue | undefined): ExportField["of"] =>
  ({ spec }) =>
    isBroken(spec) ? undefined : read(spec);

const time = (text: string | undefined): string | undefined => {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
};

/** The fields of an export by name, in their order. Those of the front matter have its names. */
export const EXPORT_FIELDS = {
  id: { type: "string", brief: "The spec's id.", of: ({ spec }) => spec.id },
  title: { type: "string", brief: "Its first heading.", of: readable(({ title }) => title) },
  type: { type: "string", brief: "What kind of work it is.", of: readable(({ type }) => type) },
  status: {
    type: "string",
    brief: "Where it stands: a status of the front matter, interrupted, or broken.",
    of: ({ status }) => status,
  },
  labels: { type: "texts", brief: "Its labels.", of: readable(({ labels }) => labels) },
  depends_on: {
    type: "texts",
    brief: "The specs that must have landed before.",
    of: readable(({ dependsOn }) => dependsOn),
  },
  target_files: {
    type: "texts",
    brief: "The files that it is about.",
    of: readable(({ targetFiles }) => targetFiles),
  },
  priority: { type: "number", brief: "Higher goes first.", of: readable(({ priority }) => priority) },
  agent: {
    type: "string",
    brief: "The agent that worked on it, or shall.",
    of: readable(({ agent }) => agent),
  },
  model: { type: "string", brief: "The model of that agent.", of: readable(({ model }) => model) },
  created: {
    type: "string",
    brief: "The local day on which it was written, by its id.",
    of: ({ spec }) => createdOn(spec.id),
  },
  completed_at: {
    type: "string",
    brief: "When it landed, by RFC 3339 in UTC.",
    of: readable(({ completedAt }) => time(completedAt)),
  },
  cancelled_at: {
    type: "string",
    brief: "When it was cancelled, by RFC 3339 in UTC.",
    of: readable(({ cancelledAt }) => time(cancelledAt)),
  },
  commits: {
    type: "texts",
    brief: "The agent's commits, oldest first.",
    of: readable(({ commits }) => commits),
  },
  criteria_done: {
    type: "integer",
    brief: "How many criteria are ticked.",
    of: readable(({ criteria }) => criteria.filter(({ ticked }) => ticked).length),
  },
  criteria_total: {
    type: "integer",
    brief: "How many criteria there are.",
    of: readable(({ criteria }) => criteria.length),
  },
  approval: {
    type: "string",
    brief: "How its approval stands, where it needs one: pending, approved or rejected.",
    of: readable(({ approval }) => (approval?.required === true ? approval.status : undefined)),
  },
  attention: {
    type: "string",
    brief: "Why it has failed or needs a person, or where its file is broken.",
    of: ({ spec }) =>
      isBroken(spec) ? `line ${spec.line}, column ${spec.column}: ${spec.message}` : spec.attention?.reason,
  },
  input_tokens: { type: "number", brief: "Tokens read.", of: readable(({ usage }) => usage?.inputTokens) },
  output_tokens: {
    type: "number",
    brief: "Tokens written.",
    of: readable(({ usage }) => usage?.outputTokens),
  },
  cost_usd: { type: "number", brief: "Cost in US dollars.", of: readable(({ usage }) => usage?.costUsd) },
  archived: {
    type: "boolean",
    brief: "Whether it is in the archive.",
    of: ({ isArchived }) => isArchived,
  },
  path: { type: "string", brief: "Its file, relative to the repository.", of: ({ path }) => path },
  body: { type: "string", brief: "The text below the front matter.", of: readable(({ body }) => body) },
} as const satisfies { readonly [name: string]: ExportField };

export type ExportFieldName = keyof typeof EXPORT_FIELDS;

export const EXPORT_FIELD_NAMES = Object.keys(EXPORT_FIELDS) as readonly ExportFieldName[];

/** Tells whether a word names a field. */
export const isExportField = (word: string): word is ExportFieldName => Object.hasOwn(EXPORT_FIELDS, word);

/** The day in an id, or undefined in one that has none. */
export const createdOn = (id: string): string | undefined => /^\d{4}-\d{2}-\d{2}(?=-)/.exec(id)?.[0];

export const EXPORT_FORMATS = ["json", "ndjson", "csv", "md"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** How a format is written, piece by piece: nothing of it needs more than one spec at a time. */
interface ExportWriter {
  readonly head: string;
  readonly record: (exported: ExportedSpec, isFirst: boolean) => string;
  readonly foot: string;
}

/** Returns the writer of a format. Without fields, it has all of them, but CSV leaves out the body. */
export function exportWriter(format: ExportFormat, fields?: readonly ExportFieldName[]): ExportWriter {
  const all = fields ?? EXPORT_FIELD_NAMES;
  const flat = fields ?? all.filter((name) => name !== "body");
  switch (format) {
    case "json":
      return {
        head: '{"version":1,"data":[\n',
        record: (exported, isFirst) => `${isFirst ? "" : ",\n"}${jsonRecord(exported, all)}`,
        foot: "\n]}\n",
      };
    case "ndjson":
      return { head: "", record: (exported) => `${jsonRecord(exported, all)}\n`, foot: "" };
    case "csv":
      return { head: csvLine(flat), record: (exported) => csvLine(values(exported, flat)), foot: "" };
    case "md":
      return {
        head: "# Specs\n",
        record: (exported) => section(exported, flat, all.includes("body")),
        foot: "",
      };
    default:
      return unreachable(format);
  }
}

const valueOf = (exported: ExportedSpec, name: ExportFieldName): ExportValue => {
  const field: ExportField = EXPORT_FIELDS[name];
  return field.of(exported) ?? null;
};

const values = (exported: ExportedSpec, names: readonly ExportFieldName[]): readonly ExportValue[] =>
  names.map((name) => valueOf(exported, name));

const jsonRecord = (exported: ExportedSpec, names: readonly ExportFieldName[]): string =>
  JSON.stringify(Object.fromEntries(names.map((name) => [name, valueOf(exported, name)])));

/** One line after RFC 4180; the items of a list are divided by "; ". */
export const csvLine = (cells: readonly ExportValue[]): string => `${cells.map(csvCell).join(",")}\r\n`;

/**
 * A spreadsheet runs a text that begins with one of these as a formula, or skips white space to find one, so such a
 * text gets an apostrophe before it.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^[=+\-@\t\r\n]|^\s+[=+\-@]/;

function csvCell(value: ExportValue): string {
  if (value === null) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = typeof value === "string" ? value : value.join("; ");
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A section for a person: the title, the fields, then the body two levels deeper and without its own title. */
function section(exported: ExportedSpec, names: readonly ExportFieldName[], hasBody: boolean): string {
  const { spec } = exported;
  const rows = names.flatMap((name) => {
    const value = name === "title" || name === "body" ? null : valueOf(exported, name);
    const text = Array.isArray(value) ? value.join(", ") : String(value ?? "");
    return text === "" ? [] : [`- ${name}: ${text.replaceAll(/\s+/g, " ")}`];
  });
  const body = hasBody && !isBroken(spec) ? deeper(spec.body).trim() : "";
  const title = isBroken(spec) ? spec.id : spec.title;
  return [`\n## ${title}`, rows.join("\n"), ...(body === "" ? [] : [body])].join("\n\n") + "\n";
}

function deeper(body: string): string {
  const lines: string[] = [];
  let hasTitle = false;
  for (const { line, heading } of linesWithHeadings(body)) {
    if (heading === undefined || !/^ {0,3}#/.test(line.raw)) lines.push(line.raw);
    else if (heading.level === 1 && !hasTitle) hasTitle = true;
    else lines.push(`${"#".repeat(Math.min(6, heading.level + 2))} ${heading.title}`);
  }
  return lines.join("\n");
}

/** Returns the JSON Schema (draft 2020-12) of what `export --format json` prints with all fields. */
export function exportSchema(): object {
  const properties = Object.fromEntries(
    Object.entries(EXPORT_FIELDS).map(([name, { type, brief }]: [string, ExportField]) => [
      name,
      {
        description: brief,
        ...(type === "texts"
          ? { type: ["array", "null"], items: { type: "string" } }
          : { type: [type, "null"] }),
      },
    ]),
  );
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "What chant export --format json prints; each line of --format ndjson is one item of data",
    type: "object",
    required: ["version", "data"],
    additionalProperties: false,
    properties: {
      version: { const: 1 },
      data: {
        type: "array",
        items: { type: "object", additionalProperties: false, properties },
      },
    },
  };
}
