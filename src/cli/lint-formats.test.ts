import { expect, test } from "vitest";
import { type Finding, findingOf, LINT_RULES } from "../domain/lint/finding.ts";
import { schemaProblems } from "../../test/kit/json-schema.ts";
import { githubLines, sarifOf } from "./lint-formats.ts";

const FINDINGS: readonly Finding[] = [
  findingOf(
    "unknown-key",
    { file: ".chant/specs/a b.md", line: 4, column: 2 },
    ["a"],
    'No key "100%".',
    "Hm?",
  ),
  findingOf("file-name", { file: ".chant/specs/x,y:z.md", line: 1, column: 1 }, [], "Two\nlines."),
];

/** What SARIF 2.1.0 demands of a log with results, in the words of its schema. */
const SARIF = {
  type: "object",
  required: ["version", "runs"],
  additionalProperties: false,
  properties: {
    $schema: { type: "string" },
    version: { enum: ["2.1.0"] },
    runs: {
      type: "array",
      items: {
        type: "object",
        required: ["tool"],
        additionalProperties: false,
        properties: {
          columnKind: { enum: ["utf16CodeUnits", "unicodeCodePoints"] },
          originalUriBaseIds: { type: "object" },
          tool: {
            type: "object",
            required: ["driver"],
            properties: {
              driver: {
                type: "object",
                required: ["name"],
                properties: {
                  name: { type: "string" },
                  version: { type: "string" },
                  rules: {
                    type: "array",
                    items: {
                      type: "object",
                      required: ["id"],
                      properties: {
                        id: { type: "string" },
                        defaultConfiguration: {
                          type: "object",
                          properties: { level: { enum: ["none", "note", "warning", "error"] } },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
          results: {
            type: "array",
            items: {
              type: "object",
              required: ["message"],
              additionalProperties: false,
              properties: {
                ruleId: { type: "string" },
                ruleIndex: { type: "integer" },
                level: { enum: ["none", "note", "warning", "error"] },
                message: {
                  type: "object",
                  required: ["text"],
                  additionalProperties: false,
                  properties: { text: { type: "string" } },
                },
                locations: {
                  type: "array",
                  items: {
                    type: "object",
                    additionalProperties: false,
                    properties: {
                      physicalLocation: {
                        type: "object",
                        required: ["artifactLocation"],
                        additionalProperties: false,
                        properties: {
                          artifactLocation: {
                            type: "object",
                            additionalProperties: false,
                            properties: { uri: { type: "string" }, uriBaseId: { type: "string" } },
                          },
                          region: {
                            type: "object",
                            additionalProperties: false,
                            properties: { startLine: { type: "integer" }, startColumn: { type: "integer" } },
                          },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
};

test("SARIF has the shape of its schema, each result names its rule, and paths are addresses", () => {
  const sarif = JSON.parse(JSON.stringify(sarifOf(FINDINGS, "1.2.3"))) as {
    runs: readonly {
      tool: { driver: { rules: readonly { id: string }[] } };
      results: readonly { ruleId: string; ruleIndex: number; locations: readonly unknown[] }[];
    }[];
  };
  expect(schemaProblems(SARIF, sarif)).toEqual([]);
  const [run] = sarif.runs;
  expect(run?.tool.driver.rules.map(({ id }) => id)).toEqual(Object.keys(LINT_RULES));
  for (const { ruleId, ruleIndex } of run?.results ?? []) {
    expect(run?.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
  }
  expect(run?.results[0]).toMatchObject({
    level: "warning",
    message: { text: 'No key "100%".\nHm?' },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: ".chant/specs/a%20b.md", uriBaseId: "SRCROOT" },
          region: { startLine: 4, startColumn: 2 },
        },
      },
    ],
  });
  expect(schemaProblems(SARIF, JSON.parse(JSON.stringify(sarifOf([], "1"))))).toEqual([]);
});

test("GitHub's commands stay one line each, with whatever is in file names and messages", () => {
  expect(githubLines(FINDINGS)).toEqual([
    '::warning file=.chant/specs/a b.md,line=4,col=2,title=chant unknown-key::No key "100%25".%0AHm?',
    "::error file=.chant/specs/x%2Cy%3Az.md,line=1,col=1,title=chant file-name::Two%0Alines.",
  ]);
});
