import { scalarText } from "./yaml-plain.ts";
import { yamlEntries } from "./front-matter-yaml.ts";
import type { YamlEntry } from "./front-matter-yaml.ts";

/** What front matter can be given: scalars, lists of text, and flat maps (absent values are left out). */
export type FrontMatterValue =
  | string
  | number
  | boolean
  | readonly string[]
  | { readonly [key: string]: string | number | boolean | undefined };

/** New values by key; undefined removes the key. */
export type FrontMatterChanges = { readonly [key: string]: FrontMatterValue | undefined };

/** The lines of a key as they stand in another text, to be taken over byte for byte. */
export class EntryLines {
  readonly text: string;
  readonly openScalar: string | undefined;
  readonly #indent: string;

  constructor(front: string, entry: YamlEntry) {
    this.text = front.slice(entry.start, entry.end);
    this.openScalar = entry.openScalar;
    this.#indent = front.slice(entry.start, entry.keyOffset);
  }

  /** Returns the lines fitted into a text with this indentation and these line breaks. */
  fitted(indent: string, eol: string): string {
    const lines = this.text.replaceAll("\r\n", "\n").split("\n");
    return lines
      .map((line) =>
        line.startsWith(this.#indent) && line !== "" ? indent + line.slice(this.#indent.length) : line,
      )
      .join(eol);
  }
}

/** What a key can be changed to. */
export type EntryChange = FrontMatterValue | EntryLines;

/**
 * Returns front matter (the text between the `---` lines) with some top-level keys changed, removed or, at the end,
 * added. Only the lines of those keys change. Comments on the line of a key stay; indented comments right below a key
 * that is removed go with it.
 */
export function editFront(
  front: string,
  eol: string,
  changes: { readonly [key: string]: EntryChange | undefined },
): string {
  const entries = yamlEntries(front);
  const indent = entries[0] === undefined ? "" : front.slice(entries[0].start, entries[0].keyOffset);
  const known = new Set(entries.map((entry) => entry.key));
  let edited = "";
  let copied = 0;
  // The block scalar in which the text so far ends: it would take up indented lines below it.
  let openScalar: string | undefined;
  for (const entry of entries) {
    const value = changes[entry.key];
    if (!Object.hasOwn(changes, entry.key)) {
      openScalar = entry.openScalar;
      continue;
    }
    edited += front.slice(copied, entry.start);
    if (value === undefined) {
      copied = endOfRemoval(front, entry.end, indent.length, openScalar);
    } else {
      edited += replacedLines(front, entry, value, indent, eol);
      copied = entry.end;
      openScalar = value instanceof EntryLines ? value.openScalar : undefined;
    }
  }
  edited += front.slice(copied);
  for (const [key, value] of Object.entries(changes)) {
    if (value !== undefined && !known.has(key)) edited += newLines(key, value, indent, eol);
  }
  return edited;
}

const newLines = (key: string, value: EntryChange, indent: string, eol: string): string =>
  value instanceof EntryLines
    ? value.fitted(indent, eol)
    : valueLines(`${indent}${scalarText(key)}:`, " ", "", value, indent, eol);

/** Returns the lines of a key with another value, keeping how the key is written, the space after it and a comment. */
function replacedLines(
  front: string,
  entry: YamlEntry,
  value: EntryChange,
  indent: string,
  eol: string,
): string {
  if (entry.form === "complex" || value instanceof EntryLines) return newLines(entry.key, value, indent, eol);
  const head = front.slice(entry.start, entry.colonEnd);
  const isOnKeyLine = entry.form === "flow" && !front.slice(entry.colonEnd, entry.valueOffset).includes("\n");
  const gap = isOnKeyLine ? front.slice(entry.colonEnd, entry.valueOffset) : " ";
  return valueLines(head, gap, commentOf(front, entry), value, indent, eol);
}

/** Returns the comment beside a value, with the space before it: behind a scalar, or behind the colon above a list. */
function commentOf(front: string, entry: YamlEntry): string {
  const from = entry.form === "flow" ? entry.valueEnd : entry.colonEnd;
  const rest = /^[ \t]+#[^\r\n]*/.exec(front.slice(from));
  return rest === null ? "" : rest[0];
}

function valueLines(
  head: string,
  gap: string,
  comment: string,
  value: FrontMatterValue,
  indent: string,
  eol: string,
): string {
  if (typeof value !== "object") return head + gap + scalarText(value) + comment + eol;
  const block = isList(value)
    ? value.map((item) => `${indent}- ${scalarText(item)}${eol}`)
    : Object.entries(value).flatMap(([key, part]) =>
        part === undefined ? [] : [`${indent}  ${scalarText(key)}: ${scalarText(part)}${eol}`],
      );
  if (block.length === 0) return head + gap + (isList(value) ? "[]" : "{}") + comment + eol;
  return head + comment + eol + block.join("");
}

const isList = (value: FrontMatterValue): value is readonly string[] => Array.isArray(value);

/**
 * Returns where the text goes on after a removed key that ends at `from`. Indented comments right below it go too; below
 * a block scalar also lines of spaces, what stands above those, and every blank line where the scalar keeps such (`|+`).
 */
function endOfRemoval(front: string, from: number, indent: number, openScalar: string | undefined): number {
  let end = from;
  let next = from;
  while (next < front.length) {
    const lineEnd = front.indexOf("\n", next);
    const line = front.slice(next, lineEnd < 0 ? front.length : lineEnd).replace(/\r$/, "");
    next = lineEnd < 0 ? front.length : lineEnd + 1;
    const content = line.trimStart();
    const isIndented = line.length - content.length > indent;
    const goesBelowScalar = content === "" && openScalar !== undefined;
    if (!(content.startsWith("#") && isIndented) && !goesBelowScalar) break;
    if (isIndented || openScalar?.includes("+") === true) end = next;
  }
  return end;
}
