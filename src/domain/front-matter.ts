import { ChantError } from "../kit/errors.ts";
import { same } from "../kit/same.ts";
import { editFront } from "./front-matter-edit.ts";
import type { FrontMatterChanges } from "./front-matter-edit.ts";
import { readPlainFront } from "./front-matter-plain.ts";
import { readYamlMap, yamlOffsetOf } from "./front-matter-yaml.ts";

export type { FrontMatterChanges, FrontMatterValue } from "./front-matter-edit.ts";

/** The parts of a markdown file with front matter. Offsets count UTF-16 units from the start of the text. */
export interface SplitDocument {
  /** The text between the two `---` lines, with its last line break. */
  readonly front: string;
  readonly frontStart: number;
  /** What follows the closing `---` line. */
  readonly body: string;
  readonly bodyStart: number;
  /** The line break of the first line. */
  readonly eol: "\n" | "\r\n";
  /** Whether a byte order mark stands in front. */
  readonly bom: boolean;
}

/** What front matter says, or the first fault in it: line and column count from 1 in the whole file. */
export type FrontMatter =
  | { readonly ok: true; readonly data: ReadonlyMap<string, unknown> }
  | { readonly ok: false; readonly line: number; readonly column: number; readonly message: string };

const OPENING = /^\ufeff?---[ \t]*\r?\n/;
const CLOSING = /^---[ \t]*\r?$/;

/** Largest front matter in bytes of UTF-8. */
const FRONT_MATTER_LIMIT_BYTES = 64 * 1024;

/** Splits a file into front matter and body; undefined when it has no front matter, or one that is never closed. */
export function splitDocument(text: string): SplitDocument | undefined {
  const opening = OPENING.exec(text)?.[0];
  if (opening === undefined) return undefined;
  const frontStart = opening.length;
  let lineStart = frontStart;
  while (lineStart <= text.length) {
    const found = text.startsWith("---", lineStart) ? lineStart : text.indexOf("\n---", lineStart) + 1;
    if (found === 0) return undefined;
    const lineEnd = text.indexOf("\n", found);
    const line = text.slice(found, lineEnd < 0 ? text.length : lineEnd);
    const next = lineEnd < 0 ? text.length + 1 : lineEnd + 1;
    if (CLOSING.test(line)) {
      const bodyStart = Math.min(next, text.length);
      return {
        front: text.slice(frontStart, found),
        frontStart,
        body: text.slice(bodyStart),
        bodyStart,
        eol: opening.endsWith("\r\n") ? "\r\n" : "\n",
        bom: opening.startsWith("\ufeff"),
      };
    }
    lineStart = next;
  }
  return undefined;
}

/** Returns the line and column, both from 1, of an offset into a text. */
function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const bom = before.startsWith("\ufeff") ? 1 : 0;
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart + 1 - (lineStart === 0 ? bom : 0) };
}

/**
 * Reads the front matter of a file. A file without any has an empty one. With `scalars: "strings"` every scalar is the
 * text that stands there (`001` is not the number one).
 */
export function parseFrontMatter(text: string, scalars: "core" | "strings" = "core"): FrontMatter {
  const split = splitDocument(text);
  if (split === undefined) {
    if (!OPENING.test(text)) return { ok: true, data: new Map() };
    return {
      ok: false,
      line: 1,
      column: 1,
      message: 'The front matter that begins here has no closing "---" line.',
    };
  }
  const { front, frontStart } = split;
  const plain =
    scalars === "core" && front.length <= FRONT_MATTER_LIMIT_BYTES ? readPlainFront(front) : undefined;
  if (plain !== undefined) return { ok: true, data: plain };
  const fault = refusal(front);
  const read = fault === undefined ? readYamlMap(front, scalars) : { ok: false as const, ...fault };
  if (read.ok) return read;
  return {
    ok: false,
    ...positionAt(text, frontStart + read.offset),
    message: `${read.message.replace(/[.:]$/, "")}.`,
  };
}

/** Finds what is refused before the YAML is read. */
function refusal(front: string): { readonly offset: number; readonly message: string } | undefined {
  const isLarge = front.length > FRONT_MATTER_LIMIT_BYTES / 3;
  if (isLarge && new TextEncoder().encode(front).length > FRONT_MATTER_LIMIT_BYTES) {
    return { offset: 0, message: `The front matter is larger than ${FRONT_MATTER_LIMIT_BYTES / 1024} KiB` };
  }
  const control = /(?!\r\n)[^\P{Cc}\n\t]|\p{Cs}|\ufeff/u.exec(front);
  if (control !== null) return { offset: control.index, message: "A control character is not allowed" };
  const marker = /^(?:---|\.\.\.)(?=[ \t\r\n])/m.exec(front);
  return marker === null ? undefined : { offset: marker.index, message: "A second document is not allowed" };
}

/**
 * Returns where a key stands in a file whose front matter can be read; `path` leads to it through maps. The nearest key
 * above it where it is not there, at last line 1, column 1.
 */
export function positionOfKey(
  text: string,
  ...path: readonly string[]
): { readonly line: number; readonly column: number } {
  const split = splitDocument(text);
  const offset = split === undefined ? undefined : yamlOffsetOf(split.front, path);
  return positionAt(text, offset === undefined ? 0 : (split?.frontStart ?? 0) + offset);
}

/**
 * Returns a file with some top-level keys of its front matter changed, removed (undefined) or added at its end. Only
 * the lines of those keys change; a key that already has the value keeps its bytes. A file without front matter gets one.
 * @throws ChantError SPEC_BROKEN when the front matter cannot be read: what is broken is never rewritten.
 */
export function editFrontMatter(text: string, changes: FrontMatterChanges): string {
  const before = parseFrontMatter(text);
  if (!before.ok) {
    throw new ChantError("SPEC_BROKEN", `Line ${before.line}, column ${before.column}: ${before.message}`, {
      hint: "Mend the front matter first; nothing was changed.",
    });
  }
  const wanted = normalized(changes);
  const needed = Object.entries(wanted).filter(([key, value]) => !same(before.data.get(key), value));
  if (needed.length === 0) return text;
  const edited = editText(text, Object.fromEntries(needed));
  verify(edited, before.data, wanted);
  return edited;
}

const isPresent = ([, part]: readonly [string, unknown]): boolean => part !== undefined;

/** Drops the absent values of maps, so that they compare with what is read. */
function normalized(changes: FrontMatterChanges): FrontMatterChanges {
  return Object.fromEntries(
    Object.entries(changes).map(([key, value]) => [
      key,
      typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).filter(isPresent))
        : value,
    ]),
  );
}

function editText(text: string, changes: FrontMatterChanges): string {
  const split = splitDocument(text);
  if (split !== undefined) {
    return (
      text.slice(0, split.frontStart) +
      editFront(split.front, split.eol, changes) +
      text.slice(split.frontStart + split.front.length)
    );
  }
  const bom = text.startsWith("\ufeff") ? "\ufeff" : "";
  const eol = /\r?\n/.exec(text)?.[0] ?? "\n";
  return `${bom}---${eol}${editFront("", eol, changes)}---${eol}${text.slice(bom.length)}`;
}

/** Reads an edited file again: a wrong edit is a bug to be told, not a spec to be lost. */
function verify(edited: string, before: ReadonlyMap<string, unknown>, changes: FrontMatterChanges): void {
  const expected = new Map([...before, ...Object.entries(changes)]);
  for (const [key, value] of expected) if (value === undefined) expected.delete(key);
  const after = parseFrontMatter(edited);
  if (after.ok && same(Object.fromEntries(after.data), Object.fromEntries(expected))) return;
  throw new Error(`An edit of front matter went wrong: ${JSON.stringify({ changes, edited })}`);
}
