import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { law } from "../../test/kit/law.ts";
import { readPlainFront } from "./front-matter-plain.ts";
import { parseFrontMatter, positionOfKey, splitDocument } from "./front-matter.ts";
import { readYamlMap } from "./front-matter-yaml.ts";

/** Lines near the border of what is plain, and pieces of all that YAML has. */
const anyFront = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "a: x",
        "b:",
        "- x",
        "  - y",
        "- 'q'",
        "# c",
        "",
        "  ",
        "c: [a, 1, true]",
        "d: []",
        "e: 1.50",
        "f: ~",
        'g: "q # q"',
        "h: 2026-01-01",
        "i: a: b",
        "j: a #b",
        "k: a# b",
        "l: .5",
        "m: 1e3",
        "n: 0x1f",
        "- - z",
        "  more",
        "o: |",
        "p: x  ",
        "q:x",
        "r: -1",
        "s: - 1",
        "t: 0o17",
        "u: [a, ]",
        "v: [1.0]",
        "null: 1",
        "true: 2",
        "w: x\r",
        "x: .inf",
        "y: a\tb",
        "z: {a: 1}",
        "A: .",
        "B: ...",
        "C: 12e03",
        "D: 'it''s'",
        'E: "\\n"',
        "F: _",
        "G: /x",
        "H: x:",
        "I: %",
        "J: 1_000",
        "K: 0777",
        "---x: 1",
      ),
      fc
        .tuple(fc.constantFrom("a", "b", "k_1", "- ", "  - "), fc.string({ maxLength: 8 }))
        .map(([key, value]) => (key.endsWith(" ") ? key + value : `${key}: ${value}`)),
      fc
        .tuple(fc.constantFrom("a: ", "- "), fc.stringMatching(/^[-+.0-9eExo_a]{1,7}$/))
        .map(([key, value]) => key + value),
    ),
    { maxLength: 6 },
  )
  .chain((lines) => fc.constantFrom("\n", "\r\n").map((eol) => lines.map((line) => line + eol).join("")));

const dataOf = (text: string): { readonly [key: string]: unknown } => {
  const read = parseFrontMatter(text);
  if (!read.ok) throw new Error(`${read.line}:${read.column} ${read.message}\n${text}`);
  return Object.fromEntries(read.data);
};

const faultOf = (text: string): string => {
  const read = parseFrontMatter(text);
  return read.ok ? "no fault" : `${read.line}:${read.column} ${read.message}`;
};

describe("splitDocument", () => {
  test("finds the parts and their offsets, with CRLF and a byte order mark", () => {
    const text = "\ufeff---\r\na: 1\r\n--- \r\nBody\n---\n";
    expect(splitDocument(text)).toEqual({
      front: "a: 1\r\n",
      frontStart: 6,
      body: "Body\n---\n",
      bodyStart: 18,
      eol: "\r\n",
      bom: true,
    });
  });

  test("front matter may be empty, and end the file without a line break", () => {
    expect(splitDocument("---\n---")).toMatchObject({ front: "", body: "", bodyStart: 7 });
    expect(splitDocument("---\na: 1\n---")).toMatchObject({ front: "a: 1\n", body: "" });
  });

  test("no front matter, and front matter that is never closed", () => {
    for (const text of ["", "# Title\n", "----\n---\n", " ---\n---\n", "---\na: 1\n----\n --- \n", "---"]) {
      expect(splitDocument(text)).toBeUndefined();
    }
  });
});

describe("parseFrontMatter", () => {
  test("reads the core schema: dates and times stay text, maps have no prototype", () => {
    const read = dataOf(
      "---\nid: 2026-01-01\nat: 2026-01-22T15:30:00Z\nyes: yes\nn: 0o17\nempty:\nusage: {a: 1, __proto__: 2}\n---\n",
    );
    expect(read).toMatchObject({
      id: "2026-01-01",
      at: "2026-01-22T15:30:00Z",
      yes: "yes",
      n: 15,
      empty: null,
    });
    expect(Object.getPrototypeOf(read["usage"])).toBeNull();
    expect(Object.keys(read["usage"] ?? {})).toEqual(["a", "__proto__"]);
  });

  test("gives every scalar as text when asked to", () => {
    const read = parseFrontMatter("---\na: 001\nb: [1.0, yes, ~]\n---\n", "strings");
    expect(read.ok && Object.fromEntries(read.data)).toEqual({ a: "001", b: ["1.0", "yes", "~"] });
  });

  test("says what is wrong, with line and column in the whole file", () => {
    expect(faultOf("---\na: 1\n# Title\n")).toBe(
      '1:1 The front matter that begins here has no closing "---" line.',
    );
    expect(faultOf("---\na: 1\nb: 2\na: 3\n---\n")).toBe('4:1 The key "a" is there twice.');
    expect(faultOf("---\r\na: {b: 1, b: 2}\r\n---\r\n")).toBe('2:11 The key "b" is there twice.');
    expect(faultOf("---\nok: 1\na: &x 1\n---\n")).toBe("3:7 The anchor &x is not allowed.");
    expect(faultOf("---\na: *x\n---\n")).toMatch(/^2:4 /);
    expect(faultOf("---\na: !ruby/object x\n---\n")).toBe("2:4 Unresolved tag: !ruby/object.");
    expect(faultOf("---\na: !!binary aGk=\n---\n")).toBe("2:4 Unresolved tag: tag:yaml.org,2002:binary.");
    expect(faultOf("---\n- a\n---\n")).toBe('2:1 Expected one "key: value" a line.');
    expect(faultOf("---\n{a: 1}\n---\n")).toBe('2:1 Expected one "key: value" a line.');
    expect(faultOf("---\njust words\n---\n")).toBe('2:1 Expected one "key: value" a line.');
    expect(faultOf("---\na: 1\n...\nb: 2\n---\n")).toBe("3:1 A second document is not allowed.");
    expect(faultOf("---\na: x\u0007\n---\n")).toBe("2:5 A control character is not allowed.");
    expect(faultOf("---\na: x\ry\n---\n")).toBe("2:5 A control character is not allowed.");
    expect(faultOf("---\n? [a]\n: 1\n---\n")).toBe("2:3 A key must be a word.");
    expect(faultOf("---\n: 1\n---\n")).toMatch(/A key is missing/);
  });

  test("is not stopped by texts made to stop it", () => {
    expect(faultOf(`---\na: ${"[".repeat(30_000)}\n---\n`)).toMatch(/Nested too deeply/);
    expect(faultOf(`---\na: ${"[".repeat(100)}${"]".repeat(100)}\n---\n`)).toMatch(/Nested too deeply/);
    expect(faultOf(`---\na: "${"ü".repeat(40_000)}"\n---\n`)).toBe(
      "2:1 The front matter is larger than 64 KiB.",
    );
    const many = Array.from({ length: 5000 }, (_, at) => `k${at}: "\\t"\n`).join("");
    expect(parseFrontMatter(`---\n${many}---\n`)).toMatchObject({ ok: true });
  });

  test("law: the fast way and the library agree wherever the fast way answers", async () => {
    let answered = 0;
    await law(
      "the parser",
      9_000,
      fc.property(anyFront, (front) => {
        const plain = readPlainFront(front);
        if (plain === undefined) return;
        answered += 1;
        const read = readYamlMap(front);
        expect(read).toMatchObject({ ok: true });
        if (read.ok) expect([...plain]).toEqual([...read.data]);
      }),
    );
    expect(answered).toBeGreaterThan(500);
  });

  test("any text at all is read or refused, without an exception", async () => {
    await law(
      "the parser",
      4_000,
      fc.property(fc.oneof(fc.string({ unit: "binary" }), anyFront), (front) => {
        const read = parseFrontMatter(`---\n${front}\n---\n`);
        if (!read.ok) expect(read.line).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});

test("positionOfKey tells where to look", () => {
  expect(positionOfKey("---\r\na: 1\r\nb:\r\n- x\r\n---\r\n", "b")).toEqual({ line: 3, column: 1 });
  expect(positionOfKey("---\n? a\n: 1\n---\n", "a")).toEqual({ line: 2, column: 3 });
  expect(positionOfKey("---\na:\n  b: {c: 1}\n---\n", "a", "b", "c")).toEqual({ line: 3, column: 7 });
  expect(positionOfKey("---\na:\n  b: {c: 1}\n---\n", "a", "b", "x")).toEqual({ line: 3, column: 3 });
  expect(positionOfKey("no front matter", "a")).toEqual({ line: 1, column: 1 });
});
