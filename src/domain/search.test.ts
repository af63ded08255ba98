import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ftsExpression,
  MATCH_BEGIN,
  MATCH_END,
  parseMarked,
  parseSearch,
  piecesOf,
  searchTexts,
} from "./search.ts";
import { parseSpec } from "./spec.ts";

const terms = (query: string): readonly string[] =>
  parseSearch(query).map(({ text, isPrefix }) => `${text}${isPrefix ? "…" : ""}`);

test("a query is words, phrases and prefixes", () => {
  expect(terms("parser  error")).toEqual(["parser", "error"]);
  expect(terms('an "exit status" pars*')).toEqual(["an", "exit status", "pars*…"]);
  expect(terms('"exit stat"*')).toEqual(["exit stat…"]);
  expect(terms('"not closed')).toEqual(["not closed"]);
  expect(terms('one"two three"')).toEqual(["one", "two three"]);
});

test("what the query language of SQLite knows means nothing here", () => {
  expect(terms("NOT a OR (b) title:c -d ^e {f} NEAR(g)")).toEqual(
    "NOT a OR (b) title:c -d ^e {f} NEAR(g)".split(" "),
  );
  expect(terms('* "" " - ( \u0000')).toEqual([]);
  expect(ftsExpression(parseSearch("say x*"), true)).toBe('{title} : ("say" AND "x*" *)');
  expect(ftsExpression([], false)).toBeUndefined();
});

test("the title counts once, and control characters not at all", () => {
  const spec = parseSpec(
    "2026-01-01-001-aaa",
    "---\nlabels: [ui, big]\n---\n# Sort\n\nBy\u0002 name\n\n# Other\n",
  );
  expect(searchTexts(spec)).toEqual({ title: "Sort", labels: "ui · big", body: " By  name # Other " });
  const broken = parseSpec("2026-01-01-001-aaa", "---\nlabels: [ui\n---\n# Half\n");
  expect(searchTexts(broken)).toEqual({
    title: "2026-01-01-001-aaa",
    labels: "",
    body: "--- labels: [ui --- # Half ",
  });
});

const m = (text: string): string => `${MATCH_BEGIN}${text}${MATCH_END}`;

test("marks are read back as places in the text", () => {
  expect(parseMarked(`a ${m("b")} c${m("d")}`)).toEqual({
    text: "a b cd",
    matches: [
      [2, 3],
      [5, 6],
    ],
  });
  expect(parseMarked(`${m("a")}${m("b")}`)).toEqual({ text: "ab", matches: [[0, 2]] });
  const piece = fc.record({
    text: fc.string({ minLength: 1 }).map((x) => x.replaceAll(MATCH_BEGIN, "x").replaceAll(MATCH_END, "x")),
    isMatch: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const excerpt = parseMarked(pieces.map(({ text, isMatch }) => (isMatch ? m(text) : text)).join(""));
      expect(excerpt.text).toBe(pieces.map(({ text }) => text).join(""));
      expect(
        piecesOf(excerpt)
          .map(({ text }) => text)
          .join(""),
      ).toBe(excerpt.text);
      expect(
        piecesOf(excerpt)
          .filter(({ isMatch }) => isMatch)
          .map(({ text }) => text)
          .join(""),
      ).toBe(
        pieces
          .filter(({ isMatch }) => isMatch)
          .map(({ text }) => text)
          .join(""),
      );
    }),
  );
});
