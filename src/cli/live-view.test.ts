import fc from "fast-check";
import { expect, test } from "vitest";
import { textWidth } from "../kit/text.ts";
import type { LiveRun } from "../app/live-runs.ts";
import { drawLive, type LiveState } from "./live-view.ts";

const run = (id: string, more: Partial<LiveRun> = {}): LiveRun => ({
  id,
  title: `Title of ${id}`,
  state: "working",
  startedAtMs: 0,
  ticked: 1,
  criteria: 3,
  ...more,
});

const state = (runs: readonly LiveRun[], more: Partial<LiveState> = {}): LiveState => ({
  total: 8,
  landed: 2,
  failed: 1,
  attention: 0,
  runs,
  lastEvents: new Map([["002", "has its worktree"]]),
  startedAtMs: 0,
  nowMs: 63_400,
  ...more,
});

const size = { width: 80, height: 24, hasColor: false };

test("a bar, then one line a run: state, elapsed, criteria, and what was last heard of it", () => {
  const runs = [
    run("001", { lastLine: "compiling" }),
    run("002", { state: "landing", startedAtMs: 60_000 }),
    run("003"),
  ];
  expect(drawLive(state(runs), size).join("\n")).toBe(
    `█████████░░░░░░░░░░░░░░░ 2/8 landed, 3 under way, 1 failed, 1m 03s
  001  working   1m 03s  1/3    compiling
  002  landing     3.4s  1/3    has its worktree
  003  working   1m 03s  1/3    Title of 003`,
  );
});

test("more runs than lines are counted", () => {
  const lines = drawLive(state(Array.from({ length: 9 }, (_, at) => run(`00${at}`))), { ...size, height: 7 });
  expect(lines).toHaveLength(5);
  expect(lines.at(-1)).toBe("  and 6 more");
});

test("what an agent prints cannot steer the terminal", () => {
  const lines = drawLive(state([run("001", { lastLine: "\u001b[2Jgone" })]), size);
  expect(lines.join("")).not.toContain("\u001b");
});

test("no line reaches the last cell, and there are fewer lines than rows, on any terminal", () => {
  const anyRun = fc.record({
    id: fc.stringMatching(/^[a-z0-9-]{1,30}$/),
    title: fc.string({ unit: "grapheme" }),
    state: fc.constantFrom("working", "interrupted", "landing", "starting"),
    startedAtMs: fc.nat(1e9),
    ticked: fc.nat(99),
    criteria: fc.nat(99),
    lastLine: fc.string({ unit: "binary" }),
  });
  fc.assert(
    fc.property(
      fc.array(anyRun, { maxLength: 40 }),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 4, max: 60 }),
      (runs, width, height) => {
        const lines = drawLive(state(runs), { width, height, hasColor: false });
        expect(lines.length).toBeLessThan(height);
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(Math.max(1, width - 1));
      },
    ),
  );
});
