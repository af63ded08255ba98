import { expect, test } from "vitest";
import { isBroken, parseSpec } from "../domain/spec.ts";
import { dashboardOf } from "./dashboard.ts";
import type { SpecView } from "./overview.ts";
import type { RunState, RunView } from "./run-view.ts";

const NOW = new Date(2026, 0, 22, 12).getTime();

function view(id: string, draft: Partial<SpecView> & { readonly front?: string } = {}): SpecView {
  const { front = "", ...rest } = draft;
  const spec = parseSpec(id, `---\nstatus: pending\n${front}---\n# Title of ${id}\n`);
  const criteria = { done: 0, total: 2 };
  const title = isBroken(spec) ? id : spec.title;
  return { id, title, status: "pending", criteria, criteriaList: [], spec, waitsFor: [], ...rest };
}

const run = (state: RunState, draft: Partial<RunView> = {}): RunView => ({
  state,
  run: "aaa",
  attempt: 1,
  agent: "claude",
  startedAtMs: NOW - 60_000,
  owner: { pid: 7, isAlive: true },
  target: "refs/heads/main",
  branch: "chant/x",
  ...draft,
});

const working = (id: string, of: RunView, draft: Partial<SpecView> = {}): SpecView =>
  view(id, { status: "in_progress", run: of, ...draft });

const ids = (items: readonly { readonly id: string }[]): string => items.map(({ id }) => id).join(" ");

test("each spec stands where a person looks for it, in one group at most", () => {
  const retry = { n: 2, of: 3, atMs: NOW + 5_000, reason: "503" };
  const specs = [
    view("001", { status: "completed", front: `completed_at: ${new Date(NOW - 1000).toISOString()}\n` }),
    view("002", { status: "completed", front: "completed_at: 2026-01-02T00:00:00Z\n" }),
    working("003", run("working", { startedAtMs: NOW - 30_000 })),
    working("004", run("landing", { owner: { pid: 8, isAlive: false } })),
    view("005", { status: "in_progress" }),
    working("006", run("retrying", { retry })),
    working("007", run("waiting", { waits: { reason: "your edits", files: ["a.ts"] } })),
    working("008", run("finished")),
    working("009", run("interrupted"), { status: "interrupted" }),
    working("010", run("parked", { parked: { status: "failed", reason: "no commits." } }), {
      status: "failed",
    }),
    view("011", { status: "blocked", waitsFor: [{ id: "003", why: "is not completed yet" }] }),
    view("012", { notReady: "it is not approved yet" }),
    view("013"),
    working(
      "016",
      run("parked", { parked: { status: "paused", reason: "by hand" }, takenOver: { by: "Me", atMs: NOW } }),
      { status: "paused" },
    ),
    // Landed, and its run is just being cleared away.
    view("014", {
      status: "completed",
      run: run("landing"),
      front: `completed_at: ${new Date(NOW).toISOString()}\n`,
    }),
    view("015", {
      status: "broken",
      spec: { broken: true, id: "015", line: 2, column: 3, message: "Odd.", text: "" },
    }),
  ];
  const found = dashboardOf(specs, new Map([["003", { text: "compiling", atMs: NOW }]]), "2026-01-22");
  expect(ids(found.running)).toBe("005 004 003");
  expect(found.running.map((each) => each.run?.isAttended)).toEqual([undefined, false, true]);
  expect(found.running[2]?.run?.last?.text).toBe("compiling");
  expect(found.attention).toEqual([
    { id: "010", title: "Title of 010", status: "failed", reason: "no commits" },
    { id: "015", title: "Title of 015", status: "broken", reason: "line 2, column 3: Odd" },
  ]);
  expect(found.waiting.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
    "007 landing",
    "008 takeover",
    "009 takeover",
    "006 retry",
    "016 paused",
    "011 dependencies",
    "012 other",
  ]);
  expect(ids(found.landedToday)).toBe("014 001");
  expect(ids(found.specs)).toBe(ids(specs));
  const groups = [found.running, found.attention, found.waiting, found.landedToday].flat();
  expect(new Set(groups.map(({ id }) => id)).size).toBe(groups.length);
  expect(found.counts).toEqual({
    in_progress: 6,
    interrupted: 1,
    failed: 1,
    broken: 1,
    paused: 1,
    pending: 2,
    blocked: 1,
    completed: 3,
  });
});
