import fc from "fast-check";
import { expect, test } from "vitest";
import { textWidth } from "../kit/text.ts";
import type { Dashboard, SpecLine } from "../app/dashboard.ts";
import { type DashboardLook, drawDashboard } from "./dashboard-text.ts";

/** Local time, so that the test holds wherever it runs. */
const NOW = new Date(2026, 0, 22, 11, 42, 15).getTime();

const line = (id: string, status: SpecLine["status"], title = `Title of ${id}`): SpecLine => ({
  id,
  title,
  status,
  criteria: { done: 1, total: 3 },
});

const FULL: Dashboard = {
  atMs: NOW,
  home: "/home/me/project",
  branch: "main",
  watch: { pid: 4711, version: "1.0.0", sinceMs: NOW },
  counts: { in_progress: 2, failed: 1, pending: 1, blocked: 1, completed: 2 },
  running: [
    {
      ...line("001", "in_progress"),
      run: {
        state: "working",
        attempt: 2,
        agent: "claude",
        startedAtMs: NOW - 63_000,
        isAttended: false,
        last: { text: "> Bash: npm test\u001b[2J", atMs: NOW - 3_000 },
      },
    },
    line("002", "in_progress"),
  ],
  attention: [
    { id: "003", title: "Parse 日本語 dates", status: "failed", reason: "criterion 2 is not ticked" },
  ],
  waiting: [
    {
      id: "004",
      title: "Edit",
      kind: "landing",
      reason: "you have edits in files that it changes",
      files: ["a.ts"],
    },
    { id: "005", title: "Again", kind: "retry", n: 1, of: 3, atMs: NOW + 42_000, reason: "503" },
    { id: "006", title: "Left", kind: "takeover", state: "finished" },
    {
      id: "007",
      title: "Blocked",
      kind: "dependencies",
      dependencies: [
        { id: "001", title: "Title of 001", why: "is not completed yet" },
        { id: "999", why: "does not exist" },
      ],
    },
    { id: "012", title: "Stopped", kind: "paused", by: "Me" },
    { id: "008", title: "Gate", kind: "other", reason: "it is not approved yet" },
  ],
  landedToday: [{ id: "009", title: "Landed", atMs: NOW - 3_600_000 }],
  specs: [
    line("001", "in_progress"),
    line("009", "completed"),
    line("010", "completed", "Old ✅"),
    line("011", "pending"),
  ],
};

const draw = (look: Partial<DashboardLook>, dashboard = FULL): string =>
  drawDashboard(dashboard, { hasColor: false, nowMs: NOW, ...look }).join("\n");

test("without a size everything is there, what needs a person first", () => {
  expect(draw({})).toMatchInlineSnapshot(`
    "project on main, watch: process 4711
    2 in_progress, 1 failed, 1 pending, 1 blocked, 2 completed

    Needs a person: chant why ID (1)
      003  failed  Parse 日本語 dates: criterion 2 is not ticked

    Under way (2)
      001  working   1m 03s  1/3  Title of 001 | attempt 2, nobody lands it: chant watch, 3.0s ago: > Bash: npm test\\x1b[2J
      002  by hand           1/3  Title of 002

    Waits (6)
      004  Edit     to land: you have edits in files that it changes (a.ts)
      005  Again    for retry 1 of 3 at 11:42:57, in 42.0s: 503
      006  Left     for somebody to go on, its run is finished: chant work, or chant watch
      007  Blocked  for 001 "Title of 001", which is not completed yet, and 1 more
      012  Stopped  paused, taken over by Me
      008  Gate     it is not approved yet

    Landed today (1)
      009  10:42  Landed

    Pending (1)
      011  1/3  Title of 011

    Completed before (1)
      010  1/3  Old ✅"
  `);
});

test("a narrow screen cuts lines, and a low one counts what it leaves out", () => {
  expect(draw({ width: 48, height: 24, hasKeys: true })).toMatchInlineSnapshot(`
    "project on main, watch: process 4711 (q leaves)
    2 in_progress, 1 failed, 1 pending, 1 blocked, …

    Needs a person: chant why ID (1)
      003  failed  Parse 日本語 da…: criterion 2 is…

    Under way (2)
      001  working   1m 03s  1/3  Title of 001 | at…
      002  by hand           1/3  Title of 002

    Waits (6)
      004  Edit   to land: you have edits in files …
      005  Again  for retry 1 of 3 at 11:42:57, in …
      006  Left   for somebody to go on, its run is…
      and 3 more

    Landed today (1)
      009  10:42  Landed

    Pending (1)
      011  1/3  Title of 011

    Completed before (1)
      010  1/3  Old ✅"
  `);
  expect(draw({ width: 30, height: 6 })).toMatchInlineSnapshot(`
    "project on main, watch: proce…
    2 in_progress, 1 failed, 1 pe…

    Needs a person: chant why ID …
      003  failed  Parse 日本…: c…"
  `);
});

test("an empty project has one word to say", () => {
  const nothing = { running: [], attention: [], waiting: [], landedToday: [], specs: [], counts: {} };
  const { watch: _watch, branch: _branch, ...rest } = FULL;
  expect(draw({}, { ...rest, ...nothing })).toMatchInlineSnapshot(`
    "project on a detached HEAD, no watch runs
    There are no specs."
  `);
});

test("no line is wider, and there are no more lines, than the screen has room for; nothing steers it", () => {
  const anyId = fc.stringMatching(/^[a-z0-9-]{1,25}$/);
  const anySpec = fc.record({
    id: anyId,
    title: fc.string({ unit: "grapheme", maxLength: 60 }),
    status: fc.constantFrom("pending", "completed", "blocked", "cancelled"),
    criteria: fc.record({ done: fc.nat(9), total: fc.nat(99) }),
  });
  const said = fc.string({ unit: "binary", maxLength: 80 });
  const anyDashboard = fc.record({
    specs: fc.array(anySpec, { maxLength: 40 }),
    attention: fc.array(fc.record({ id: anyId, title: said, status: fc.constant("failed"), reason: said })),
    waiting: fc.array(fc.record({ id: anyId, title: said, kind: fc.constant("other"), reason: said })),
  });
  fc.assert(
    fc.property(
      anyDashboard,
      fc.integer({ min: 0, max: 120 }),
      fc.integer({ min: 0, max: 50 }),
      (found, width, height) => {
        const lines = drawDashboard(
          { ...FULL, ...(found as Partial<Dashboard>) },
          { width, height, hasColor: false, nowMs: NOW },
        );
        expect(lines.length).toBeLessThanOrEqual(height);
        for (const each of lines) {
          expect(textWidth(each)).toBeLessThanOrEqual(width);
          expect(each).not.toMatch(/\p{Cc}/u);
        }
      },
    ),
    { numRuns: 100 },
  );
});
