import fc from "fast-check";
import { expect, test } from "vitest";
import { csvLine, EXPORT_FIELD_NAMES, type ExportedSpec, exportWriter } from "./export.ts";
import { parseSpec } from "./spec.ts";

const TEXT = `---
type: task
status: completed
labels: [ui, "=cmd()"]
completed_at: 2026-01-02T03:04:05+01:00
usage: { input_tokens: 10, cost_usd: 0.5 }
---
# =SUM(A1), "quoted"

Text.

## Details

- [ ] no criterion

\`\`\`
# no heading
\`\`\`

## Acceptance Criteria

- [x] One
- [ ] Two
`;

const exported = (text: string): ExportedSpec => ({
  spec: parseSpec("2026-01-02-001-abc", text),
  status: "completed",
  path: ".chant/specs/2026-01-02-001-abc.md",
  isArchived: false,
});

test("a record has every field, times in UTC, and null for what is not said", () => {
  const { head, record, foot } = exportWriter("json");
  const { version, data } = JSON.parse(head + record(exported(TEXT), true) + foot) as {
    version: number;
    data: readonly Record<string, unknown>[];
  };
  expect(version).toBe(1);
  expect(Object.keys(data[0] ?? {})).toEqual(EXPORT_FIELD_NAMES);
  expect(data[0]).toMatchObject({
    title: '=SUM(A1), "quoted"',
    created: "2026-01-02",
    completed_at: "2026-01-02T02:04:05.000Z",
    criteria_done: 1,
    criteria_total: 2,
    input_tokens: 10,
    output_tokens: null,
    cost_usd: 0.5,
    priority: null,
  });
});

test("CSV quotes what it must, and no text of it is a formula", () => {
  const { head, record } = exportWriter("csv", ["id", "title", "labels", "cost_usd", "priority"]);
  expect(head + record(exported(TEXT), true)).toBe(
    `id,title,labels,cost_usd,priority\r\n2026-01-02-001-abc,"'=SUM(A1), ""quoted""",ui; =cmd(),0.5,\r\n`,
  );
});

/** Reads one line of CSV as a spreadsheet does. */
function readCsv(line: string): readonly string[] {
  const cells: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n)/gy;
  for (const [, quoted, plain = ""] of line.matchAll(pattern)) {
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
  }
  return cells;
}

test("whatever a cell holds, it comes back, and begins with nothing that is run", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.stringMatching(/^[ \t\r\n]*[=+\-@][a-z"(),;\r\n ]*$/),
  );
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (cells) => {
      const read = readCsv(csvLine(cells));
      expect(read).toHaveLength(cells.length);
      for (const [at, cell] of cells.entries()) {
        expect([cell, `'${cell}`]).toContain(read[at]);
        expect(read[at]).not.toMatch(/^\s*[=+\-@]/);
      }
    }),
    { numRuns: 500 },
  );
});

test("Markdown is read by a person: fields, then the body two levels deeper", () => {
  const { head, record } = exportWriter("md", ["id", "status", "title", "labels", "body"]);
  expect(head + record(exported(TEXT), true)).toMatchInlineSnapshot(`
    "# Specs

    ## =SUM(A1), "quoted"

    - id: 2026-01-02-001-abc
    - status: completed
    - labels: ui, =cmd()

    Text.

    #### Details

    - [ ] no criterion

    \`\`\`
    # no heading
    \`\`\`

    #### Acceptance Criteria

    - [x] One
    - [ ] Two
    "
  `);
});

test("a broken file is exported with the place of its fault", () => {
  const broken = { ...exported("---\nstatus: [\n---\n# X\n"), status: "broken" };
  const line = exportWriter("ndjson", ["id", "title", "status", "attention"]).record(broken, true);
  expect(JSON.parse(line)).toMatchObject({
    id: "2026-01-02-001-abc",
    title: null,
    status: "broken",
    attention: expect.stringMatching(/^line \d+, column \d+: /) as unknown,
  });
});
