import { isBroken } from "./spec.ts";
import type { BrokenSpec, Spec } from "./spec.ts";

/** What a query asks for: all of its terms must be there. */
export interface SearchTerm {
  /** One word, or several that must stand in this order. */
  readonly text: string;
  /** Whether the last word may go on, as in `word*`. */
  readonly isPrefix: boolean;
}

/** What begins and ends a match in a marked text; texts to be searched have none of their own. */
export const MATCH_BEGIN = "\u0002";
export const MATCH_END = "\u0003";

/**
 * Reads what a person asks for: words, "phrases in quotes" and prefixes (`word*`), none of which can be wrong. A quote
 * that is not closed holds to the end. What has neither letter nor digit is left out, as the index has only those.
 */
export function parseSearch(query: string): readonly SearchTerm[] {
  const terms: SearchTerm[] = [];
  for (const [, phrase, phraseStar, word = ""] of query.matchAll(/"([^"]*)(?:"(\*?)|$)|([^\s"]+)/g)) {
    const text = clean(phrase ?? word).trim();
    if (!/[\p{L}\p{N}]/u.test(text)) continue;
    terms.push({
      text,
      isPrefix: phrase === undefined ? /[\p{L}\p{N}]\*+$/u.test(word) : phraseStar === "*",
    });
  }
  return terms;
}

/** Returns terms in the language of SQLite's FTS5, where every text is quoted; undefined without any. */
export function ftsExpression(terms: readonly SearchTerm[], isTitleOnly: boolean): string | undefined {
  if (terms.length === 0) return undefined;
  const all = terms.map(({ text, isPrefix }) => `"${text.replaceAll('"', '""')}"${isPrefix ? " *" : ""}`);
  return `${isTitleOnly ? "{title} : " : ""}(${all.join(" AND ")})`;
}

/** The texts of a spec in which words are looked for. */
export interface SearchTexts {
  readonly title: string;
  readonly labels: string;
  readonly body: string;
}

/** Returns what is to be found of a spec: of a broken one, all that stands in its file. */
export function searchTexts(spec: Spec | BrokenSpec): SearchTexts {
  if (isBroken(spec)) return { title: spec.id, labels: "", body: clean(spec.text) };
  const { title, labels, body } = spec;
  // The title counts as title, and not once more as a part of the body.
  const rest = body
    .split("\n")
    .filter((line) => !(line.startsWith("#") && line.replace(/^#\s+/, "").trim() === title))
    .join("\n");
  return { title: clean(title), labels: clean(labels.join(" · ")), body: clean(rest) };
}

// What no terminal should get, and what marks matches, would only be in the way.
const clean = (text: string): string => text.replaceAll(/\p{Cc}+|\p{Cs}+/gu, " ");

/** A piece of a text that was searched. */
export interface Excerpt {
  readonly text: string;
  /** Where matches begin and end in `text`, in UTF-16 units. */
  readonly matches: readonly (readonly [start: number, end: number])[];
}

/** Reads a text with marked matches, and joins matches that touch. */
export function parseMarked(marked: string): Excerpt {
  const matches: [number, number][] = [];
  let text = "";
  for (const [at, piece] of marked.split(MATCH_BEGIN).entries()) {
    const [match = "", ...rest] = at === 0 ? ["", piece] : piece.split(MATCH_END);
    const before = matches.at(-1);
    if (at > 0 && before?.[1] === text.length) before[1] += match.length;
    else if (at > 0) matches.push([text.length, text.length + match.length]);
    text += match + rest.join("");
  }
  return { text: text, matches };
}

/** Returns an excerpt in pieces, each either a match or not. */
export function piecesOf({ text, matches }: Excerpt): readonly { text: string; isMatch: boolean }[] {
  const pieces: { text: string; isMatch: boolean }[] = [];
  let at = 0;
  for (const [start, end] of matches) {
    pieces.push(
      { text: text.slice(at, start), isMatch: false },
      { text: text.slice(start, end), isMatch: true },
    );
    at = end;
  }
  return [...pieces, { text: text.slice(at), isMatch: false }].filter((piece) => piece.text !== "");
}
