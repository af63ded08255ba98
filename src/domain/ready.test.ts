import { expect, test } from "vitest";
import { selectStarts, whyNotReady } from "./ready.ts";
import type { ReadyContext, Trust } from "./ready.ts";
import { parseSpec } from "./spec.ts";
import { STATUSES } from "./status.ts";

const why = (front: string, context: Partial<ReadyContext> = {}): string | undefined =>
  whyNotReady(parseSpec("001", `---\n${front}\n---\n# T\n`), { stateOf: () => "completed", ...context });

test("pending with all dependencies met is ready, criteria or not", () => {
  expect(why("status: pending")).toBeUndefined();
  expect(why("depends_on: [a, b]")).toBeUndefined();
  expect(why("type: driver", { members: { all: 0, open: 0 } })).toBeUndefined();
  expect(why("approval: {required: false, status: pending}")).toBeUndefined();
});

test("every other status says so", () => {
  for (const status of STATUSES) {
    if (status !== "pending") expect(why(`status: ${status}`)).toMatch(/^it (is|has|needs) /);
  }
});

test("broken, held, blocked, or a driver", () => {
  expect(why("a: [")).toMatch(/^it is broken at line 3, column 1: .*[^.]$/);
  expect(why("", { heldBy: "process 4711" })).toBe("it is being worked on by process 4711");
  expect(why("depends_on: a", { stateOf: () => "open" })).toBe("it waits for a, which is not completed yet");
  expect(why("depends_on: [a, b]", { stateOf: () => "missing" })).toBe(
    "it waits for a, which does not exist, and 1 more spec",
  );
  expect(why("", { members: { all: 2, open: 1 } })).toBe("it is a driver with 1 open member, worked instead");
  expect(why("", { members: { all: 2, open: 0 } })).toBe("it is a driver, and none of its members is open");
});

test("an approval that is missing is a reason, before dependencies are", () => {
  const notApproved = "it is not approved yet";
  expect(why("depends_on: a", { stateOf: () => "open", notApproved })).toBe(notApproved);
  expect(why("status: failed", { notApproved })).toMatch(/^it has failed/);
});

test("starts by priority, then by id, within the free slots", () => {
  const candidates = [
    { id: "a.10" },
    { id: "low", priority: -1 },
    { id: "a.9" },
    { id: "high", priority: 2 },
  ];
  expect(selectStarts({ candidates, running: 0, slots: 9 })).toEqual(["high", "a.9", "a.10", "low"]);
  expect(selectStarts({ candidates, running: 1, slots: 3 })).toEqual(["high", "a.9"]);
  expect(selectStarts({ candidates, running: 5, slots: 3 })).toEqual([]);
});

const trust = (...commands: readonly string[]): Trust => ({
  commands: new Set(commands),
  setup: [],
  teardown: [],
});

test("one whose check nobody has let run is not taken, and its first such check is named", () => {
  const text =
    "---\nstatus: pending\n---\n# T\n\n## Acceptance Criteria\n\n- [ ] A <!-- check: make -->\n- [ ] B <!-- check: npm test -->\n";
  const whyNot = (more: Partial<ReadyContext>, from = text): string | undefined =>
    whyNotReady(parseSpec("001", from), { stateOf: () => "completed", ...more });
  expect(whyNot({ trust: trust("make") })).toBe(
    'nobody has let its check "npm test" run here yet (chant trust commands)',
  );
  expect(whyNot({ trust: trust("make", "npm test") })).toBeUndefined();
  expect(whyNot({})).toBeUndefined();
  const setup = { ...trust("make", "npm test"), setup: ["npm ci"] };
  expect(whyNot({ trust: setup })).toContain('the set-up of its worktree "npm ci"');
  // What is no longer to be started, and a driver, whose criteria do not count, are not asked about.
  expect(whyNot({ trust: trust() }, text.replace("pending", "completed"))).toBe("it is completed");
  expect(whyNot({ trust: trust(), members: { all: 1, open: 1 } })).toContain("it is a driver");
});
