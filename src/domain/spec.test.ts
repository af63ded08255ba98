import fc from "fast-check";
import { expect, test } from "vitest";
import { law } from "../../test/kit/law.ts";
import { isBroken, newSpecText, parseSpec, SPEC_TYPES } from "./spec.ts";
import type { BrokenSpec, Spec } from "./spec.ts";

const ID = "2026-01-22-001-x7m";

function readable(text: string): Spec {
  const spec = parseSpec(ID, text);
  if (isBroken(spec)) throw new Error(`${spec.line}:${spec.column} ${spec.message}`);
  return spec;
}

function broken(text: string): string {
  const spec = parseSpec(ID, text);
  return isBroken(spec) ? `${spec.line}:${spec.column} ${spec.message}` : "readable";
}

test("reads every key that chant knows, and lists those it does not", () => {
  const text = `---
type: documentation
status: failed
depends_on:
- 2026-01-21-001-abc
- 2026-01-21-002-abc.1
labels: [a, 1.0, yes]
target_files: src/a.ts
context:
- docs/x.md
prompt: standard
agent: claude
model: 4.0
priority: 3
approval: {required: true, status: approved, by: Ann, at: 2026-01-22T10:00:00Z, spec_hash: ab12, reason: fine}
branch: chant/x
target: main
commits:
- 0123456
- fe12a90
completed_at: 2026-01-22T15:30:00Z
usage: {input_tokens: 5, output_tokens: 6, cost_usd: 0.5}
auto_completed: true
attention: {reason: conflict, at: 2026-01-22T15:30:00Z}
retry: {attempts: 2, next_at: 2026-01-22T15:30:00Z, last_error: "503"}
no_changes: true
output_schema: schema.json
members: [x]
verified: maybe
---
\`\`\`
# Not this
\`\`\`
# The title #

## Acceptance Criteria
- [x] a

## Script
Words first.
  \`\`\`sh
  echo 1
    echo 2
  \`\`\`
\`\`\`sh
second
\`\`\`
`;
  const spec = readable(text);
  expect(spec).toEqual({
    id: ID,
    text,
    title: "The title",
    type: "documentation",
    status: "failed",
    dependsOn: ["2026-01-21-001-abc", "2026-01-21-002-abc.1"],
    labels: ["a", "1.0", "yes"],
    targetFiles: ["src/a.ts"],
    context: ["docs/x.md"],
    prompt: "standard",
    agent: "claude",
    model: "4.0",
    priority: 3,
    approval: {
      required: true,
      status: "approved",
      by: "Ann",
      at: "2026-01-22T10:00:00Z",
      specHash: "ab12",
      reason: "fine",
    },
    branch: "chant/x",
    target: "main",
    commits: ["0123456", "fe12a90"],
    completedAt: "2026-01-22T15:30:00Z",
    usage: { inputTokens: 5, outputTokens: 6, costUsd: 0.5 },
    autoCompleted: true,
    attention: { reason: "conflict", at: "2026-01-22T15:30:00Z" },
    retry: { attempts: 2, nextAt: "2026-01-22T15:30:00Z", lastError: "503" },
    noChanges: true,
    outputSchema: "schema.json",
    criteria: [{ text: "a", ticked: true, line: 37, number: 1 }],
    unknownKeys: ["verified"],
    body: text.slice(text.indexOf("```\n# Not")),
    script: "echo 1\n  echo 2\n",
  });
});

test("what is missing has its default; a key without a value is missing", () => {
  const spec = readable("---\nlabels:\nmodel: ~\n---\njust words\n");
  expect(spec).toMatchObject({
    title: ID,
    type: "code",
    status: "pending",
    dependsOn: [],
    labels: [],
    autoCompleted: false,
  });
  expect(Object.keys(spec)).not.toContain("model");
  expect(readable("# Only markdown\n")).toMatchObject({ title: "Only markdown", body: "# Only markdown\n" });
  expect(readable("---\nstatus: blocked\n---\n").status).toBe("pending");
  expect(readable("---\ndepends_on: a.1\nattention: look\n---\n")).toMatchObject({
    dependsOn: ["a.1"],
    attention: { reason: "look" },
  });
  expect(readable("---\napproval: {status: rejected}\n---\n").approval).toEqual({
    required: true,
    status: "rejected",
  });
  for (const type of SPEC_TYPES) expect(readable(`---\ntype: ${type}\n---\n`).type).toBe(type);
});

test("ids that look like numbers stay what stands there", () => {
  expect(readable("---\ndepends_on: [001, 1e3]\n---\n").dependsOn).toEqual(["001", "1e3"]);
});

test("wrong shapes are broken, with line and column", () => {
  expect(broken("---\ntype: code\ndepends_on: 5\n---\n")).toBe('3:1 "depends_on" must be a list of texts.');
  expect(broken("---\nstatus: done\n---\n")).toMatch(
    /^2:1 "status" is "done"; it must be one of in_progress, /,
  );
  expect(broken("---\ntype: story\n---\n")).toMatch(/^2:1 "type" is "story"; it must be one of code, /);
  expect(broken("---\r\nlabels:\r\n  - [a]\r\n---\r\n")).toBe(
    '2:1 "labels" must be a list of texts, and an item is none.',
  );
  expect(broken("---\ndepends_on: [../x]\n---\n")).toBe(
    '2:1 "depends_on" names "../x", which cannot be an id.',
  );
  expect(broken("---\npriority: high\n---\n")).toBe('2:1 "priority" must be a number.');
  expect(broken("---\nauto_completed: 1\n---\n")).toBe('2:1 "auto_completed" must be true or false.');
  expect(broken("---\napproval: yes\n---\n")).toBe('2:1 "approval" must be a map of keys and values.');
  expect(broken("---\napproval: {status: sure}\n---\n")).toMatch(/^2:1 "approval.status" is "sure"/);
  expect(broken("---\nusage: {cost_usd: much}\n---\n")).toBe('2:1 "usage.cost_usd" must be a number.');
  expect(broken("---\nmodel: [a]\n---\n")).toBe('2:1 "model" must be one text.');
});

test("a file that does not parse is broken and keeps its text", () => {
  const text = "---\na: [\n---\n# T\n";
  expect(parseSpec(ID, text)).toEqual({
    broken: true,
    id: ID,
    line: 3,
    column: 1,
    message: expect.stringMatching(/^Flow sequence/) as string,
    text,
  } satisfies BrokenSpec);
});

test("the script ends with its section", () => {
  expect(readable("## Script\n\n### Notes\n```\na\n```\n").script).toBe("a\n");
  expect(readable("## Script\n\n## Notes\n```\na\n```\n").script).toBeUndefined();
  expect(readable("# Scripture\n```\na\n```\n").script).toBeUndefined();
  expect(readable("## Script\r\n```sh\r\na\r\n\r\nb\r\n").script).toBe("a\n\nb\n");
  expect(readable("```\n## Script\n```\n\n```\na\n```\n").script).toBeUndefined();
  expect(readable("## Script\n```\n```\n").script).toBe("");
});

test("a new spec is pending and says only what it was given", () => {
  expect(
    newSpecText({ title: " Fix\nthe bug ", body: "Because.\n", criteria: ["it works", "docs"], labels: [] }),
  ).toBe(
    "---\ntype: code\nstatus: pending\n---\n\n# Fix the bug\n\nBecause.\n\n## Acceptance Criteria\n\n- [ ] it works\n- [ ] docs\n",
  );
  expect(newSpecText({ title: "T", needsApproval: true })).toBe(
    "---\ntype: code\nstatus: pending\napproval:\n  required: true\n  status: pending\n---\n\n# T\n",
  );
  expect(newSpecText({ title: "T", body: "## Acceptance Criteria\n- [ ] a", criteria: ["b"] })).toContain(
    "# T\n\n## Acceptance Criteria\n- [ ] a\n- [ ] b\n",
  );
});

test("law: a new spec reads back as what it was made of", async () => {
  const words = fc
    .stringMatching(/^[A-Za-z:'"@#*éß世 -]{0,12}[a-zé世]$/)
    .map((text) => text.trim().replace(/ +/g, " "));
  const id = fc.constantFrom("2026-01-22-001-x7m", "a.1", "001", "1e3");
  const made = fc.record(
    {
      title: words.map((text) => `T ${text}`),
      type: fc.constantFrom(...SPEC_TYPES),
      labels: fc.array(words, { maxLength: 3 }),
      dependsOn: fc.array(id, { maxLength: 2 }),
      targetFiles: fc.array(words, { maxLength: 2 }),
      model: words,
      priority: fc.integer({ min: -5, max: 5 }),
      criteria: fc.array(words, { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: ["title", "criteria"] },
  );
  await law(
    "the parser",
    2_000,
    fc.property(made, (parts) => {
      const spec = readable(newSpecText(parts));
      const { criteria, ...rest } = parts;
      expect(spec).toMatchObject({ ...rest, status: "pending" });
      expect(spec.criteria.map((criterion) => criterion.text)).toEqual(criteria);
      expect(spec.unknownKeys).toEqual([]);
    }),
  );
});
