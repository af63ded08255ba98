import fc from "fast-check";
import { expect, test } from "vitest";
import { law } from "../../test/kit/law.ts";
import { criteriaIn, criteriaNotIn, parseCriteria, tick, untickAll, wholeAgain } from "./criteria.ts";

const textsOf = (text: string): readonly string[] =>
  parseCriteria(text).map(({ text: words, ticked }) => (ticked ? "x " : "- ") + words);

test("finds boxes of every style, with line, number and check", () => {
  const text = [
    "---",
    "status: pending",
    "---",
    "# Title",
    "- [ ] not here",
    "",
    "## Acceptance Criteria",
    "",
    "- [ ] one",
    "* [x] two",
    "  + [X] nested <!-- check: npm test -- --run -->",
    "1. [ ] numbered",
    "2) [x]",
    "- [y] no",
    "-[ ] no",
    "- [] no",
    "- plain",
  ].join("\n");
  expect(parseCriteria(text)).toEqual([
    { text: "one", ticked: false, line: 9, number: 1 },
    { text: "two", ticked: true, line: 10, number: 2 },
    { text: "nested", ticked: true, line: 11, number: 3, check: "npm test -- --run" },
    { text: "numbered", ticked: false, line: 12, number: 4 },
    { text: "", ticked: true, line: 13, number: 5 },
  ]);
});

test.each([
  "# Acceptance Criteria",
  "###### acceptance criteria",
  "## ACCEPTANCE  CRITERIA:",
  "## Acceptance Criteria ##",
  "## Acceptance Criteria: #",
  "  ## **Acceptance Criteria**",
  "## **Acceptance Criteria:**",
  "Acceptance Criteria\n---",
  "Acceptance Criteria\n===",
])("the heading may be written %j", (heading) => {
  expect(textsOf(`# T\n\n${heading}\n- [ ] a\n`)).toEqual(["- a"]);
});

test.each([
  "Acceptance Criteria",
  "## Acceptance Criteria of others",
  "    ## Acceptance Criteria",
  "##Acceptance Criteria",
  "- Acceptance Criteria\n---",
])("this is no such heading: %j", (heading) => {
  expect(textsOf(`# T\n\n${heading}\n\n- [ ] a\n`)).toEqual([]);
});

test("the section ends at a heading of its level or above, and there may be several", () => {
  const text = `## Acceptance Criteria
- [ ] a
### Details
- [ ] b
## Notes
- [ ] no
# Part
### Acceptance Criteria
- [ ] c
#### Deeper
- [x] d
Notes
-----
`;
  expect(textsOf(text)).toEqual(["- a", "- b", "- c", "x d"]);
  expect(textsOf(`${text}- [ ] e\n\nNotes\n-----\n- [ ] no\n`)).toEqual(["- a", "- b", "- c", "x d", "- e"]);
});

test("code fences and HTML comments do not count", () => {
  const text = `## Acceptance Criteria
- [ ] a
\`\`\`md
## Notes
- [ ] no
~~~
\`\`\`
  ~~~~ sh
  - [ ] no
  ~~~
  - [ ] no
  ~~~~
- [ ] b
<!-- - [ ] no
## Notes
- [ ] no -->
<!-- x --> - [ ] no
- [ ] keeps \`<!--\` as text
- [ ] c <!-- gone --> d <!-- open
- [ ] no --> 
- [ ] e <!-- never closed in this paragraph

- [ ] f
<!-- to the end
- [ ] no
`;
  expect(textsOf(text)).toEqual([
    "- a",
    "- b",
    "- keeps `<!--` as text",
    "- c d",
    "- e <!-- never closed in this paragraph",
    "- f",
  ]);
});

test("front matter is no body, and what is never closed is no front matter", () => {
  expect(
    textsOf("---\na: |\n  ## Acceptance Criteria\n  - [ ] no\n---\n## Acceptance Criteria\n- [ ] a\n"),
  ).toEqual(["- a"]);
  expect(textsOf("---\n## Acceptance Criteria\n- [ ] a\n")).toEqual(["- a"]);
});

test("tick changes the boxes it is told, CRLF and all", () => {
  const text = "# T\r\n## Acceptance Criteria\r\n- [ ] a\r\n- [X] b\r\n- [ ] c";
  expect(tick(text, [3])).toBe("# T\r\n## Acceptance Criteria\r\n- [ ] a\r\n- [X] b\r\n- [x] c");
  expect(tick(text, "all")).toBe("# T\r\n## Acceptance Criteria\r\n- [x] a\r\n- [X] b\r\n- [x] c");
  expect(tick(text, [2])).toBe(text);
  expect(untickAll(text)).toBe("# T\r\n## Acceptance Criteria\r\n- [ ] a\r\n- [ ] b\r\n- [ ] c");
  expect(() => tick(text, [1, 4])).toThrow(
    expect.objectContaining({ code: "USAGE", message: "There is no criterion 4: the spec has 3 criteria." }),
  );
  expect(() => tick("# T", [1])).toThrow("There is no criterion 1: the spec has none.");
  expect(tick("# T", "all")).toBe("# T");
});

const anyMarkdown = fc
  .array(
    fc.constantFrom(
      "## Acceptance Criteria",
      "### Sub",
      "## Other",
      "- [ ] a",
      "  - [x] b",
      "```",
      "~~~~",
      "````sh",
      "<!--",
      "-->",
      "text `<!--` x",
      "- [ ] c <!-- d -->",
      "",
      "===",
      "---",
      "ünï 世界",
      "- [X] e\r",
    ),
    { maxLength: 12 },
  )
  .map((lines) => `---\na: 1\n---\n## Acceptance Criteria\n${lines.join("\n")}`);

test("law: ticking changes only boxes, keeps lines and texts, and is done once", async () => {
  await law(
    "the parser",
    3_000,
    fc.property(anyMarkdown, (text) => {
      const ticked = tick(text, "all");
      const [before, after] = [parseCriteria(text), parseCriteria(ticked)];
      expect(after).toEqual(before.map((criterion) => ({ ...criterion, ticked: true })));
      expect(tick(ticked, "all")).toBe(ticked);
      const changed = text.split("").filter((character, at) => character !== ticked[at]).length;
      expect(changed).toBe(before.filter((criterion) => !criterion.ticked).length);
      expect(untickAll(ticked)).toBe(untickAll(text));
      for (const { line, text: words } of before) {
        expect(text.split("\n")[line - 1]).toContain(words.split(" ")[0]);
      }
    }),
  );
});

test("law: one number ticks one criterion", async () => {
  await law(
    "the parser",
    2_000,
    fc.property(anyMarkdown, fc.nat(), (text, pick) => {
      const before = parseCriteria(text);
      if (before.length === 0) return;
      const number = (pick % before.length) + 1;
      const after = parseCriteria(tick(text, [number]));
      expect(after).toEqual(
        before.map((criterion) => (criterion.number === number ? { ...criterion, ticked: true } : criterion)),
      );
    }),
  );
});

const WHOLE = "# T\n\n## Acceptance Criteria\n\n- [ ] one\n- [x] two\n- [ ] three\n\nWords of a person's.\n";

test("what was cut off is whole again, with the boxes of what is left as they are", () => {
  fc.assert(
    fc.property(fc.subarray([1, 2, 3]), fc.nat(WHOLE.length - 1), (numbers, length) => {
      const begun = tick(untickAll(WHOLE), numbers).slice(0, length);
      const again = wholeAgain(begun, WHOLE) ?? "";
      expect(again.slice(0, length)).toBe(begun);
      expect(again.slice(length)).toBe(WHOLE.slice(length));
    }),
  );
});

test.each([
  ["nothing is missing", tick(WHOLE, "all")],
  ["other words", WHOLE.slice(0, 40).replace("one", "two")],
  ["a box of another kind", WHOLE.slice(0, 40).replace("[ ]", "[?]")],
  ["more than there was", `${WHOLE}more`],
])("no beginning: %s", (_, begun) => {
  expect(wholeAgain(begun, WHOLE)).toBeUndefined();
});

const of = (...lines: readonly string[]) =>
  parseCriteria(`# T\n\n## Acceptance Criteria\n\n${lines.map((line) => `- [x] ${line}\n`).join("")}`);

test("a criterion is still asked for when a note stands behind its words, and gone when they are others", () => {
  const began = of("It works", "It is fast", "It is small");
  const now = of("It works (see a.test.ts)", "It is faster", "It is small");
  expect(criteriaNotIn(now, began).map(({ text }) => text)).toEqual(["It is fast"]);
  expect(criteriaIn(now, began).map(({ text }) => text)).toEqual(["It is small"]);
});
