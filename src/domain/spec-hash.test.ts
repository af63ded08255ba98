import { expect, test } from "vitest";
import { tick } from "./criteria.ts";
import { editFrontMatter } from "./front-matter.ts";
import type { FrontMatterChanges } from "./front-matter.ts";
import { specHash } from "./spec-hash.ts";
import { isBroken, newSpecText, parseSpec } from "./spec.ts";

const TEXT = newSpecText({
  title: "T",
  labels: ["b", "a"],
  dependsOn: ["x"],
  body: "Words.",
  criteria: ["one <!-- check: npm test -->", "two"],
  needsApproval: true,
});

function hashOf(text: string): string {
  const spec = parseSpec("001", text);
  if (isBroken(spec)) throw new Error(spec.message);
  return specHash(spec);
}

test("chant's own edits keep the hash, and so do line breaks and the order of lists", () => {
  const hash = hashOf(TEXT);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  const own: FrontMatterChanges = {
    status: "completed",
    completed_at: "2026-01-22T15:30:00Z",
    commits: ["fe12a90"],
    branch: "chant/001",
    target: "main",
    approval: { required: true, status: "approved", spec_hash: hash },
    usage: { cost_usd: 1 },
    auto_completed: true,
    priority: 3,
    labels: ["a", "b"],
  };
  expect(hashOf(editFrontMatter(TEXT, own))).toBe(hash);
  expect(hashOf(tick(TEXT, "all"))).toBe(hash);
  expect(hashOf(TEXT.replaceAll("\n", "\r\n"))).toBe(hash);
});

test("every edit of what the agent will do breaks it", () => {
  const edits: readonly FrontMatterChanges[] = [
    { type: "task" },
    { depends_on: undefined },
    { target_files: ["a"] },
    { context: ["a"] },
    { prompt: "p" },
    { agent: "a" },
    { model: "m" },
    { labels: ["a"] },
    { output_schema: "s" },
  ];
  const texts = [
    TEXT,
    ...edits.map((changes) => editFrontMatter(TEXT, changes)),
    TEXT.replace("Words.", "Other words."),
    TEXT.replace("npm test", "true"),
    TEXT.replace("- [ ] two\n", ""),
    `${TEXT}more\n`,
  ];
  expect(new Set(texts.map(hashOf)).size).toBe(texts.length);
});

test("the recipe is fixed: approvals in files depend on it", () => {
  expect(hashOf("# T\n")).toMatchInlineSnapshot(
    `"36b5349deddf27b4d1d9f2d80be3f2f3eec43f235c185318b662fef03c2ba445"`,
  );
});
