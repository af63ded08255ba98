import { expect, test } from "vitest";
import { parseSpec } from "./spec.ts";
import { changeOf, type SpecVersion } from "./spec-change.ts";

const version = (front: string, isArchived = false): SpecVersion => ({
  spec: parseSpec("2026-01-01-001-aaa", `---\n${front}\n---\n\n# A\n`),
  isArchived,
});
const status = (word: string): SpecVersion => version(`status: ${word}`);
const landed = version("status: completed\nagent: claude");

test.each([
  ["a new file", undefined, status("pending"), { kind: "added" }],
  ["a file that comes with its start", undefined, status("in_progress"), { kind: "started" }],
  ["a completed file from elsewhere", undefined, landed, { kind: "added" }],
  ["a start", status("pending"), status("in_progress"), { kind: "started" }],
  ["going on", status("paused"), status("in_progress"), { kind: "resumed" }],
  [
    "a failure",
    status("in_progress"),
    version("status: failed\nattention: {reason: no}"),
    { kind: "failed", text: "no" },
  ],
  ["a reset", status("failed"), status("pending"), { kind: "reset" }],
  ["a restoring", status("cancelled"), status("pending"), { kind: "restored" }],
  ["a person's own completion", status("pending"), landed, { kind: "completed" }],
  ["an edit", version("status: pending"), version("status: pending\npriority: 3"), undefined],
  [
    "an approval",
    status("pending"),
    version("status: pending\napproval: {required: true, status: approved, by: ada}"),
    { kind: "approved" },
  ],
  ["the archive", landed, { ...landed, isArchived: true }, { kind: "archived" }],
  ["back from it", { ...landed, isArchived: true }, landed, { kind: "restored" }],
  ["a removal", landed, undefined, { kind: "deleted" }],
  ["a file that cannot be read", status("pending"), version("status: ["), undefined],
] as const)("%s", (_, before, after, change) => {
  expect(changeOf(before, after, false)).toEqual(change);
});

test("with a run's proof in its commit, it has landed; a driver was completed by it", () => {
  expect(changeOf(status("in_progress"), landed, true)).toEqual({ kind: "landed", agent: "claude" });
  expect(changeOf(status("pending"), version("status: completed\nauto_completed: true"), true)).toMatchObject(
    {
      kind: "completed",
    },
  );
});
