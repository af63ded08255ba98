import fc from "fast-check";
import { expect, test } from "vitest";
import type { Criterion } from "./criteria.ts";
import { judge } from "./judge.ts";
import type { AgentEnd, RunFacts } from "./judge.ts";

const criterion = (number: number, ticked: boolean): Criterion => ({
  number,
  ticked,
  line: number,
  text: `Do ${number}`,
});

const GOOD: RunFacts = {
  agent: { kind: "exited", code: 0 },
  criteria: [criterion(1, true), criterion(2, true)],
  lostCriteria: [],
  specReadable: true,
  uncommitted: [],
  commits: 1,
  changedPaths: ["a.txt"],
  head: "on_branch",
  steering: [],
  nestedRepositories: [],
  changedGitlinks: [],
  broughtCommitted: [],
  newStashes: 0,
  onlyTicks: false,
  requireChanges: false,
};

const judged = (facts: Partial<RunFacts>): string => {
  const verdict = judge({ ...GOOD, ...facts });
  return verdict.kind === "done"
    ? `done${verdict.noChanges ? " without changes" : ""}`
    : `${verdict.kind}: ${verdict.reason}`;
};

test("done: ended well, ticked, clean, committed", () => {
  expect(judged({})).toBe("done");
  expect(judged({ agent: { kind: "reported", ok: true } })).toBe("done");
  expect(judged({ criteria: [] })).toBe("done");
  expect(judged({ head: "moved_branch" })).toBe("done");
  expect(judged({ head: "detached_descends" })).toBe("done");
});

test("an agent that did nothing is never done", () => {
  expect(judged({ commits: 0, changedPaths: [] })).toBe("failed: the agent made no commit");
  expect(judged({ commits: 0, changedPaths: [], criteria: [] })).toBe("failed: the agent made no commit");
  expect(judged({ commits: 0, changedPaths: [], criteria: [criterion(1, false)] })).toBe(
    'failed: criterion 1 of 1 is not ticked: "Do 1"; the agent made no commit',
  );
});

test("commits that only tick count, unless changes are required", () => {
  expect(judged({ onlyTicks: true })).toBe("done without changes");
  expect(judged({ changedPaths: [] })).toBe("done without changes");
  expect(judged({ onlyTicks: true, requireChanges: true })).toBe(
    "failed: the agent changed nothing but the spec's boxes, and judge.require_changes asks for more",
  );
  expect(judged({ requireChanges: true })).toBe("done");
});

test("unticked criteria are named", () => {
  expect(judged({ criteria: [criterion(1, true), criterion(2, false), criterion(3, true)] })).toBe(
    'failed: criterion 2 of 3 is not ticked: "Do 2"',
  );
  expect(judged({ criteria: [1, 2, 3, 4, 5].map((number) => criterion(number, number === 2)) })).toBe(
    'failed: 4 of 5 criteria are not ticked: "Do 1", "Do 3", "Do 4" and 1 more',
  );
});

test("criteria that the agent took out or changed are asked for still", () => {
  expect(judged({ criteria: [], lostCriteria: ["Do 1"] })).toBe(
    'failed: a criterion was taken out of the spec, or reads otherwise there than when the run began: "Do 1"',
  );
  expect(judged({ criteria: [criterion(1, false)], lostCriteria: ["a", "b", "c", "d"] })).toBe(
    'failed: criterion 1 of 1 is not ticked: "Do 1"; 4 criteria were taken out of the spec, or read otherwise there than when the run began: "a", "b", "c" and 1 more',
  );
});

test("what the agent left behind is named", () => {
  expect(judged({ uncommitted: ["a.txt", "b.txt"] })).toBe(
    "failed: the agent left uncommitted changes in a.txt, b.txt",
  );
  expect(judged({ specReadable: "missing", criteria: [] })).toBe(
    "failed: the spec's file is gone from the worktree",
  );
  expect(judged({ specReadable: { line: 3, column: 1, message: "Bad." }, criteria: [] })).toBe(
    "failed: the spec can no longer be read: line 3, column 1: Bad",
  );
});

test.each<[AgentEnd, string]>([
  [{ kind: "exited", code: 3 }, "failed: the agent exited with code 3"],
  [
    { kind: "exited", code: 127 },
    "failed: the agent exited with code 127 (its program, or one that it calls, was not found)",
  ],
  [{ kind: "reported", ok: false }, "failed: the agent reported a failure"],
  [{ kind: "reported", ok: false, error: "401" }, "failed: the agent reported: 401"],
  [{ kind: "stalled", minutes: 1 }, "failed: the agent gave no sign of life for 1 minute and was stopped"],
  [{ kind: "timed_out", minutes: 90 }, "failed: the agent was not done after 90 minutes and was stopped"],
  [{ kind: "not_started", error: "no such file" }, "failed: the agent could not be started: no such file"],
  [{ kind: "signalled", signal: "SIGKILL" }, "interrupted: the agent was ended by SIGKILL"],
  [{ kind: "unknown" }, "interrupted: the agent ended without a record of how"],
])("an agent that ended so: %o", (agent, expected) => {
  expect(judged({ agent })).toBe(expected);
});

test("what needs a person says what to do", () => {
  expect(judged({ head: "foreign" })).toMatch(
    /^attention: the worktree is on commits that do not come from .* finalize it, or reset/,
  );
  expect(judged({ nestedRepositories: ["vendor/x"] })).toMatch(
    /^attention: .*\(vendor\/x\).*remove its \.git$/,
  );
  expect(judged({ broughtCommitted: [".env"] })).toMatch(
    /^attention: its commits hold \.env, which chant copied/,
  );
  expect(judged({ changedGitlinks: ["lib"] })).toMatch(
    /^attention: the agent changed the submodule lib; name it in the spec's target_files .* finalize with --force$/,
  );
  expect(judged({ newStashes: 2 })).toMatch(
    /^attention: the agent left 2 new stash entries; look with "git stash list"/,
  );
  expect(judged({ newStashes: 1, agent: { kind: "unknown" } })).toMatch(/^interrupted/);
  expect(judged({ newStashes: 1, agent: { kind: "exited", code: 1 } })).toMatch(/^failed: the agent exited/);
});

test("law: done means that nothing at all was missing", () => {
  const paths = fc.array(fc.constantFrom("a", "b"), { maxLength: 1 });
  const facts: fc.Arbitrary<RunFacts> = fc.record({
    agent: fc.constantFrom<AgentEnd>(
      { kind: "exited", code: 0 },
      { kind: "exited", code: 0 },
      { kind: "reported", ok: true },
      { kind: "unknown" },
      { kind: "exited", code: 2 },
    ),
    criteria: fc
      .array(fc.boolean(), { maxLength: 2 })
      .map((ticks) => ticks.map((ticked, at) => criterion(at + 1, ticked))),
    lostCriteria: fc.constantFrom([], [], [], ["Do 1"]),
    specReadable: fc.constantFrom(true as const, true as const, "missing" as const),
    uncommitted: paths,
    commits: fc.nat(2),
    changedPaths: paths,
    head: fc.constantFrom(
      "on_branch",
      "on_branch",
      "moved_branch",
      "detached_descends",
      "foreign",
      "on_target",
      "damaged",
    ),
    steering: paths,
    nestedRepositories: paths,
    changedGitlinks: fc.constant([]),
    broughtCommitted: fc.constant([]),
    newStashes: fc.nat(1),
    onlyTicks: fc.boolean(),
    requireChanges: fc.boolean(),
  });
  fc.assert(
    fc.property(facts, (given) => {
      const ended =
        given.agent.kind === "reported" || (given.agent.kind === "exited" && given.agent.code === 0);
      const safe =
        given.head !== "foreign" &&
        given.head !== "on_target" &&
        given.head !== "damaged" &&
        [...given.nestedRepositories, ...given.steering].length === 0 &&
        given.newStashes === 0;
      const complete =
        given.specReadable === true &&
        given.criteria.every(({ ticked }) => ticked) &&
        given.lostCriteria.length === 0 &&
        given.uncommitted.length === 0;
      const noChanges = given.onlyTicks || given.changedPaths.length === 0;
      const worked = given.commits > 0 && !(given.requireChanges && noChanges);
      expect(judge(given).kind === "done").toBe(ended && safe && complete && worked);
    }),
    { numRuns: 2000 },
  );
});

test("what decides what runs later is for a person, before anything that is missing", () => {
  expect(judged({ steering: [".chant/config.md", ".mcp.json"], commits: 0 })).toBe(
    "attention: the agent changed what decides what runs later, or made a link: .chant/config.md, .mcp.json; name such files in the spec's target_files to allow them, or look at the changes and finalize with --force",
  );
});

test("a worktree that git cannot take in, or that is on the target, says so", () => {
  expect(judged({ unreadable: 'open("a"): Permission denied' })).toBe(
    'attention: git could not take in what the worktree holds: open("a"): Permission denied; mend that there, then finalize',
  );
  expect(judged({ head: "on_target" })).toMatch(
    /^attention: the agent switched its worktree to the branch that/,
  );
});
