import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { law } from "../../test/kit/law.ts";
import { ChantError } from "../kit/errors.ts";
import type { FrontMatterChanges } from "./front-matter.ts";
import { editFrontMatter, parseFrontMatter, splitDocument } from "./front-matter.ts";

const dataOf = (text: string): { readonly [key: string]: unknown } => {
  const read = parseFrontMatter(text);
  if (!read.ok) throw new Error(`${read.line}:${read.column} ${read.message}\n${text}`);
  return Object.fromEntries(read.data);
};

/** A piece of front matter: the lines of a key, or lines between keys. */
interface Part {
  readonly key?: string;
  readonly text: string;
}

interface TestDocument {
  readonly bom: string;
  readonly eol: string;
  readonly indent: string;
  readonly parts: readonly Part[];
  readonly closing: string;
  readonly body: string;
}

const VALUES: { readonly [key: string]: readonly string[] } = {
  scalar: [
    ": plain",
    ": x # why",
    ":   spaced   # two  spaces",
    ": 'it''s' # c",
    ': "a\\n"\t# tab',
    ":",
    ": # nothing",
    ": 2026-01-01",
  ],
  list: [
    ":\n- a\n- b",
    ": # why\n  - a # x\n  # in\n  - b",
    ": [a, b] # c",
    ": [a,\n  b] # c",
    ":\n\n# low\n- a",
    ": []",
    ":\n-\n- x",
  ],
  map: [
    ": {a: 1}",
    ":\n  a: 1\n  b: [x]",
    ":\n  a:\n    b: |\n      t",
    ": {a: {b: c},\n  d: e}",
    ":\n  a: 1 # c\n\n  b: 2",
  ],
  text: [
    ": |\n  two\n  lines",
    ": >- # c\n  folded\n\n  # text",
    ": one\n  two",
    ': "one\n  # two"',
    ": 'a\n\n  b' # c",
    ": |2-\n   x",
  ],
  kept: [": |+\n  text\n", ": |\n", ":\n- |+\n  t\n\n"],
  "1.0": [": number key"],
  "quoted key": [": x # c", ":\n- a"],
  ünï: [": ß # ☃", ": [世界]"],
  question: ["ASKS"],
};

const keyText = (key: string): string => (key === "quoted key" ? '"quoted key"' : key);

const anyKey = fc.constantFrom(...Object.keys(VALUES)).chain((key) =>
  fc.constantFrom(...(VALUES[key] ?? [])).map((value): Part => ({
    key,
    text: value === "ASKS" ? "? question\n: - a\n  - b\n" : `${keyText(key)}${value}\n`,
  })),
);
const anyGap = fc
  .constantFrom("# comment: x\n", "#\n", "\n", "  # indented\n", "   \n", "# é - [ ] x\n\n")
  .map((text): Part => ({ text }));

const anyDocument = fc
  .record({
    bom: fc.constantFrom("", "\ufeff"),
    eol: fc.constantFrom("\n", "\r\n"),
    indent: fc.constantFrom("", "", "  "),
    parts: fc.array(fc.oneof({ arbitrary: anyKey, weight: 3 }, anyGap), { maxLength: 9 }),
    closing: fc.constantFrom("---\n", "---", "---  \n"),
    body: fc.constantFrom("", "\n# Title\n\n- [ ] a", "text\n---\nscalar: no\n---\n"),
  })
  .map((document): TestDocument => {
    const seen = new Set<string>();
    const isNew = (part: Part): boolean =>
      part.key === undefined || (!seen.has(part.key) && Boolean(seen.add(part.key)));
    const laidOut = (text: string): string =>
      text.replace(/^(?=.)/gm, document.indent).replaceAll("\n", document.eol);
    const parts = document.parts.filter(isNew).map((part) => ({ ...part, text: laidOut(part.text) }));
    return {
      ...document,
      parts,
      closing: document.closing.replace("\n", document.eol),
      body: document.closing === "---" ? "" : document.body,
    };
  })
  // What YAML itself refuses (an indented comment that breaks a text off) is not for these laws.
  .filter((document) => parseFrontMatter(documentText(document)).ok);

const documentText = ({ bom, eol, parts, closing, body }: TestDocument): string =>
  `${bom}---${eol}${parts.map((part) => part.text).join("")}${closing}${body}`;

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.string({ maxLength: 10 }),
  fc.constantFrom(
    "in_progress",
    "yes",
    "2026-01-01",
    "1e3",
    "null",
    "- x",
    "a: b",
    "x # y",
    "...",
    "---",
    "0x1f",
    "ends:",
    "\u00a0x\u00a0",
  ),
);
const anyScalar = fc.oneof(anyText, fc.double(), fc.integer(), fc.boolean());
const anyValue = fc.oneof(
  anyScalar,
  fc.array(anyText, { maxLength: 3 }),
  fc.dictionary(fc.oneof(fc.constantFrom("reason", "at", "__proto__", "1", "a b"), anyText), anyScalar, {
    maxKeys: 3,
  }),
);
const anyChanges: fc.Arbitrary<FrontMatterChanges> = fc
  .uniqueArray(fc.constantFrom(...Object.keys(VALUES), "new", "no: plain key", "2026-01-01"), {
    maxLength: 4,
  })
  .chain((keys) =>
    fc
      .array(fc.option(anyValue, { nil: undefined, freq: 4 }), {
        minLength: keys.length,
        maxLength: keys.length,
      })
      .map((values) => Object.fromEntries(keys.map((key, at) => [key, values[at]]))),
  );

/** The texts between the changed keys. What a removed key or an open text may take along is left out. */
function unchangedRuns(document: TestDocument, changes: FrontMatterChanges): readonly string[] {
  const isChanged = (part: Part): boolean => part.key !== undefined && Object.hasOwn(changes, part.key);
  const reaches = document.parts.some(
    (part) =>
      isChanged(part) &&
      (changes[part.key ?? ""] === undefined || part.key === "text" || part.key === "kept"),
  );
  const runs = [`${document.bom}---${document.eol}`];
  for (const part of document.parts) {
    const mayGo = part.key === undefined && reaches && !part.text.startsWith(`${document.indent}#`);
    if (isChanged(part) || mayGo) runs.push("");
    else runs.push((runs.pop() ?? "") + part.text);
  }
  return runs;
}

describe("editFrontMatter", () => {
  test("changes the lines of its keys and not one byte more", () => {
    const text = [
      "\ufeff---\r\n# head\r\nstatus:   pending  # why\r\nlabels: # here\r\n  - a\r\n  # inside\r\n  - b\r\n\r\n",
      "# tail\r\n'odd key': |\r\n  text\r\n\r\ncommits: [a,\r\n  b] # beside\r\n---  \r\nstatus: body\r\nno end",
    ].join("");
    const edited = editFrontMatter(text, {
      status: "in_progress",
      labels: ["z"],
      commits: ["c"],
      branch: "chant/a",
    });
    expect(edited).toBe(
      [
        "\ufeff---\r\n# head\r\nstatus:   in_progress  # why\r\nlabels: # here\r\n- z\r\n\r\n",
        "# tail\r\n'odd key': |\r\n  text\r\n\r\ncommits: # beside\r\n- c\r\nbranch: chant/a\r\n---  \r\nstatus: body\r\nno end",
      ].join(""),
    );
  });

  test("a value that is there already keeps its bytes, however it is written", () => {
    const text = "---\nstatus: 'pending' # as is\nlabels: [a, b]\nusage: {y: 2, x: 1}\n---\n";
    expect(
      editFrontMatter(text, {
        status: "pending",
        labels: ["a", "b"],
        usage: { x: 1, y: 2 },
        none: undefined,
      }),
    ).toBe(text);
  });

  test("text is quoted only where it would come back as something else", () => {
    const values = {
      a: "2026-01-01",
      b: "1e3",
      c: "yes",
      d: "null",
      e: "",
      f: " x",
      g: "a: b",
      h: "a #b",
      i: "- a",
      j: "@x",
      k: "true",
      l: "two\nlines",
      m: "\u202e",
      n: "0x1F",
      o: "1:30",
      q: "x:",
      r: "-1",
      s: "[a]",
      t: "é\u0085",
      u: "*a",
    };
    const plain = {
      p1: "2026-01-22-001-x7m",
      p2: "2026-01-22T15:30:00Z",
      p3: "src/a b.ts",
      p4: "it's",
      p5: "a:b",
      p6: "v1.2.3",
      p7: "1.2.3",
      p8: "世界 👩‍💻",
      p9: "chant/2026-01-22-001-x7m",
      p10: "x#y",
      p11: "(a)",
      p12: "no-op",
      p13: "fe12a90",
    };
    const edited = editFrontMatter("", { ...values, ...plain });
    expect(dataOf(edited)).toEqual({ ...values, ...plain });
    for (const key of Object.keys(values)) expect(edited).toMatch(new RegExp(`^"?${key}"?: "`, "m"));
    for (const [key, text] of Object.entries(plain)) expect(edited).toContain(`\n${key}: ${text}\n`);
  });

  test("lists and maps are written as blocks; empty ones have brackets; absent parts are left out", () => {
    const edited = editFrontMatter("# Title\n", {
      labels: ["a", "b"],
      none: [],
      usage: { input_tokens: 5, cost_usd: 0.25, absent: undefined },
      nothing: {},
    });
    expect(edited).toBe(
      "---\nlabels:\n- a\n- b\nnone: []\nusage:\n  input_tokens: 5\n  cost_usd: 0.25\nnothing: {}\n---\n# Title\n",
    );
  });

  test("a removed key takes its lines along; the text above does not swallow what stood below", () => {
    const text = "---\na: |+\n  text\nb:\n- x\n  # about b\n\n# about c\nc: 1\n---\n";
    expect(editFrontMatter(text, { b: undefined })).toBe("---\na: |+\n  text\n# about c\nc: 1\n---\n");
    expect(editFrontMatter("---\na: 1\n---\nbody", { a: undefined })).toBe("---\n---\nbody");
  });

  test("what is broken is refused, never rewritten", () => {
    expect(() => editFrontMatter("---\na: [\n---\n", { a: "x" })).toThrow(ChantError);
    expect(() => editFrontMatter("---\na: 1\n", { a: "x" })).toThrow(
      expect.objectContaining({
        code: "SPEC_BROKEN",
        message: expect.stringContaining("Line 1, column 1") as unknown,
      }),
    );
  });

  test("law: reading an edited file gives the old values overridden by the new ones, and editing twice is editing once", async () => {
    await law(
      "front matter's merge",
      3_000,
      fc.property(anyDocument, anyChanges, (document, changes) => {
        const text = documentText(document);
        const edited = editFrontMatter(text, changes);
        const expected = { ...dataOf(text), ...changes };
        expect(dataOf(edited)).toEqual(
          Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)),
        );
        expect(editFrontMatter(edited, changes)).toBe(edited);
        expect(splitDocument(edited)?.body).toBe(splitDocument(text)?.body ?? text.replace(/^\ufeff/, ""));
      }),
    );
  });

  test("law: every byte outside the lines of the changed keys stays, in its order", async () => {
    await law(
      "front matter's merge",
      2_500,
      fc.property(anyDocument, anyChanges, (document, changes) => {
        const edited = editFrontMatter(documentText(document), changes);
        let from = 0;
        for (const run of unchangedRuns(document, changes)) {
          const at = edited.indexOf(run, from);
          expect(at, `${JSON.stringify(run)} in ${JSON.stringify(edited)}`).toBeGreaterThanOrEqual(from);
          from = at + run.length;
        }
        expect(edited.slice(from).endsWith(document.closing + document.body)).toBe(true);
      }),
    );
  });

  test("law: a change of one scalar changes one line", async () => {
    await law(
      "front matter's merge",
      1_000,
      fc.property(
        anyDocument,
        fc.constantFrom("in_progress", "2026-01-02", "a: b", "ü"),
        (document, value) => {
          const others = document.parts.filter((part) => part.key !== "scalar");
          const old = { key: "scalar", text: `${document.indent}scalar: old # c${document.eol}` };
          const text = documentText({ ...document, parts: [old, ...others] });
          const edited = editFrontMatter(text, { scalar: value });
          const [before, after] = [text.split("\n"), edited.split("\n")];
          expect(after.length).toBe(before.length);
          expect(after.filter((line, index) => line !== before[index]).length).toBe(1);
        },
      ),
    );
  });
});
