import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSpec } from "../spec.ts";
import type { Finding } from "./finding.ts";
import { lint } from "./lint.ts";
import type { LintWorld } from "./world.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const C = "2026-01-01-003-ccc";
const GOOD = "\n# Title\n\n## Acceptance Criteria\n\n- [ ] One\n";

const worldOf = (texts: Readonly<Record<string, string>>, more: Partial<LintWorld> = {}): LintWorld => ({
  folder: ".chant/specs",
  otherFiles: [],
  specs: new Map(Object.entries(texts).map(([id, text]) => [id, parseSpec(id, text)])),
  known: new Set(),
  runs: new Set(),
  ...more,
});

const front = (lines: string, body = GOOD): string => `---\n${lines}\n---\n${body}`;

const lines = (findings: readonly Finding[]): readonly string[] =>
  findings.map(
    ({ file, line, column, severity, rule, message }) =>
      `${file.replace(".chant/specs/", "")}:${line}:${column} ${severity} ${rule}: ${message}`,
  );

const linesOf = (texts: Readonly<Record<string, string>>, more?: Partial<LintWorld>): readonly string[] =>
  lines(lint(worldOf(texts, more)));

test("a spec that is as it should be has no findings", () => {
  expect(linesOf({ [A]: front("status: pending"), [B]: front(`depends_on: [${A}]`) })).toEqual([]);
});

test("broken front matter, and a value of the wrong shape, are errors with line and column", () => {
  expect(
    linesOf({ [A]: front("status: pending\nlabels: [a"), [B]: front("type: code\nstatus: done") }),
  ).toEqual([
    expect.stringMatching(new RegExp(`^${A}\\.md:[34]:\\d+ error broken-spec: `)) as string,
    `${B}.md:3:1 error broken-spec: "status" is "done"; it must be one of in_progress, needs_attention, failed, paused, pending, completed, cancelled, ready, blocked.`,
  ]);
});

test("an unknown key is a warning at its place, with a suggestion when one is near", () => {
  const [near, far] = lint(worldOf({ [A]: front("status: pending\ndepend_on: []\nzzzzzz: 1") }));
  expect(near).toMatchObject({ rule: "unknown-key", line: 3, column: 1, hint: 'Did you mean "depends_on"?' });
  expect(far).toMatchObject({ rule: "unknown-key", line: 4, message: 'There is no key "zzzzzz".' });
  expect(far?.hint).toBeUndefined();
});

test("a key of the project's own is no slip: one that is derived, or was", () => {
  const texts = { [A]: front("status: pending\nderived_fields: [team]\nteam: a\nticket: b\nother: c") };
  expect(linesOf(texts, { ownKeys: new Set(["ticket"]) })).toEqual([
    `${A}.md:6:1 warning unknown-key: There is no key "other".`,
  ]);
});

test("keys that only the Rust chant read are named with what is instead of them", () => {
  const findings = lint(
    worldOf({ [A]: front("status: failed\nretry_state:\n  attempts: 2\nreplay_count: 1\nmembers: []") }),
  );
  expect(lines(findings)).toEqual([
    `${A}.md:3:1 warning former-key: "retry_state" is a key of the Rust chant, and means nothing here.`,
    `${A}.md:5:1 warning former-key: "replay_count" is a key of the Rust chant, and means nothing here.`,
  ]);
  expect(findings[0]?.hint).toContain(`chant reset ${A}`);
});

test("members that say other than the names of the files are a warning; the files decide", () => {
  const texts = (members: string) => ({
    [A]: front(`type: driver\nmembers: ${members}`),
    [`${A}.1`]: front("status: pending"),
    [`${A}.2`]: front("status: pending"),
    [`${A}.2.1`]: front("status: pending"),
  });
  expect(linesOf(texts(`[${A}.1, ${A}.2]`))).toEqual([]);
  expect(linesOf(texts("nobody"))).toEqual([]);
  expect(linesOf(texts(`[${A}.1, ${A}.7]`))).toEqual([
    `${A}.md:3:1 warning members-differ: "members" names ${A}.7, which no file makes a member, and leaves out ${A}.2.`,
  ]);
  expect(linesOf(texts(`[${A}.1]`))).toHaveLength(1);
  // One that is archived, or only on the target, is a member as well.
  expect(linesOf(texts(`[${A}.1, ${A}.2, ${A}.3]`), { known: new Set([`${A}.3`]) })).toEqual([]);
});

test("a dependency in another repository is told as what it is", () => {
  expect(linesOf({ [A]: front(`depends_on: ["backend:${B}"]`) })).toEqual([
    `${A}.md:2:1 error broken-spec: "depends_on" names "backend:${B}", which is in another repository; a spec can wait for specs of its own only.`,
  ]);
});

test("the spec itself is never proposed in place of a dependency that does not exist", () => {
  const world = worldOf({ [B]: front("status: pending\ndepends_on: [2026-01-01-002-bbc]") });
  expect(lint(world)).toEqual([expect.objectContaining({ hint: 'Take it out of "depends_on".' })]);
});

test("a dependency that does not exist is an error at its item", () => {
  const world = worldOf({
    [A]: front(`status: pending\ndepends_on:\n  - ${B}.1\n  - 2026-01-01-002-bbc\n  - elsewhere`),
    [B]: front("status: pending"),
    [`${B}.1`]: front("status: pending"),
  });
  const findings = lint({ ...world, known: new Set(["elsewhere"]) });
  expect(findings).toEqual([
    expect.objectContaining({
      rule: "unknown-dependency",
      line: 5,
      column: 5,
      message: "It depends on 2026-01-01-002-bbc, which does not exist.",
      hint: `Did you mean ${B}?`,
      specs: [A],
    }),
  ]);
});

test("a cycle is printed once, from its smallest id, whoever is asked about", () => {
  const world = worldOf({
    [C]: front(`depends_on: [${A}]`),
    [A]: front(`depends_on: [${B}]`),
    [B]: front(`depends_on: [${C}]`),
  });
  const expected = [
    `${A}.md:2:14 error dependency-cycle: These specs wait for each other: ${A} -> ${B} -> ${C} -> ${A}.`,
  ];
  expect(lines(lint(world))).toEqual(expected);
  expect(lines(lint(world, [C]))).toEqual(expected);
  expect(linesOf({ [A]: front(`depends_on: [${A}]`) })).toEqual([
    `${A}.md:2:14 error dependency-cycle: ${A} depends on itself.`,
  ]);
});

test("a member that waits for its driver is a cycle as well", () => {
  const [finding] = lint(worldOf({ [A]: front("type: driver"), [`${A}.1`]: front(`depends_on: [${A}]`) }));
  expect(finding).toMatchObject({ rule: "dependency-cycle", specs: [A, `${A}.1`] });
  expect(finding?.hint).toContain("a driver waits for its members");
});

test("two cycles are two findings", () => {
  const two = worldOf({
    a: front("depends_on: [b]"),
    b: front("depends_on: [a]"),
    c: front("depends_on: [d]"),
    d: front("depends_on: [c]"),
  });
  expect(lint(two).map(({ specs }) => specs)).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
});

test("a number given twice on one day is a warning; members share their driver's", () => {
  const twin = "2026-01-01-001-zzz";
  expect(linesOf({ [A]: front(""), [twin]: front(""), [`${A}.1`]: front(""), [B]: front("") })).toEqual([
    `${twin}.md:1:1 warning duplicate-sequence: ${A} has the number 2026-01-01-001, too.`,
  ]);
});

test("criteria: missing ones and open ones of what is completed are warnings, not for drivers", () => {
  expect(
    linesOf({
      [A]: front(
        "status: completed",
        "\n# T\n\n## Acceptance Criteria\n\n- [x] One\n- [ ] Two\n- [ ] Three\n",
      ),
      [B]: front("status: pending", "\n# No criteria\n"),
      [C]: front("type: driver", "\n# No criteria\n"),
      d: front("status: completed\nauto_completed: true"),
      e: front("", "\n# No criteria, but a member\n"),
      "e.1": front(""),
      f: front("status: cancelled", "\n# No criteria\n"),
    }),
  ).toEqual([
    `${A}.md:10:1 warning completed-unticked: It is completed, but 2 criteria are not ticked, the first "Two".`,
    `${B}.md:1:1 warning missing-criteria: It has no acceptance criteria: whatever its agent leaves counts as done.`,
  ]);
});

test("in progress without a run is a warning, not for a driver or one with a run", () => {
  const texts = {
    [A]: front("status: in_progress"),
    [B]: front("status: in_progress"),
    [C]: front("type: driver\nstatus: in_progress"),
  };
  expect(linesOf(texts, { runs: new Set([B]) })).toEqual([
    `${A}.md:2:1 warning in-progress-without-run: It is in progress, but no agent works on it.`,
  ]);
});

test("what is no spec among the specs is an error, with the name that it may have meant", () => {
  const otherFiles = [
    { name: "2026-01-01-001-AAA.md", isFolder: false },
    { name: "old", isFolder: true },
  ];
  const findings = lint(worldOf({}, { otherFiles }));
  expect(findings.map(({ rule, severity, hint }) => [rule, severity, hint])).toEqual([
    ["file-name", "error", `Rename it to ${A}.md, or move it elsewhere.`],
    ["file-name", "error", 'Move it elsewhere; a spec is made with: chant add "Title"'],
  ]);
  expect(lint(worldOf({ [A]: front("") }, { otherFiles }), [A])).toEqual([]);
});

test("a member without its driver is told at every depth, whatever its status", () => {
  expect(
    linesOf({
      [`${A}.1`]: front(""),
      [`${A}.2`]: front("status: cancelled"),
      [B]: front(""),
      [`${B}.1.1`]: front(""),
      [`${B}.2`]: front(""),
      [`${B}.2.1`]: front(""),
    }),
  ).toEqual([
    `${A}.1.md:1:1 warning member-without-driver: ${A}.1.md references non-existent driver`,
    `${A}.2.md:1:1 warning member-without-driver: ${A}.2.md references non-existent driver`,
    `${B}.1.1.md:1:1 warning member-without-driver: ${B}.1.1.md references non-existent driver`,
  ]);
  expect(linesOf({ [`${A}.1`]: front("") }, { known: new Set([A]) })).toEqual([]);
});

const much = (extra: string): string =>
  front(
    `target_files: [${Array.from({ length: 26 }, (_, at) => `f${at}`).join(", ")}]\n${extra}`,
    `\n# T\n\n${"word ".repeat(1960)}\n\n## Acceptance Criteria\n\n${"- [x] It is so\n".repeat(16)}`,
  );

test("a spec that asks for too much at once is a warning, unless it is over or has members", () => {
  expect(
    linesOf({
      [A]: much(""),
      [B]: much("status: completed"),
      [C]: much("type: driver"),
    }),
  ).toEqual([
    `${A}.md:1:1 warning spec-too-large: It asks for much at once: 16 criteria (more than 15), 26 target files (more than 25), 2045 words (more than 2000).`,
  ]);
});

test("a prompt that is not there is an error at its place, with a suggestion, while the spec is to be worked", () => {
  const texts = {
    [A]: front("status: pending\nprompt: tdx"),
    [B]: front("status: completed\nprompt: gone", "\n# T\n\n## Acceptance Criteria\n\n- [x] One\n"),
    [C]: front("prompt: tdd"),
  };
  const findings = lint(worldOf(texts, { prompts: new Set(["standard", "tdd"]) }));
  expect(lines(findings)).toEqual([
    `${A}.md:3:1 error unknown-prompt: There is no prompt "tdx" in .chant/prompts.`,
  ]);
  expect(findings[0]?.hint).toBe('Did you mean "tdd"?');
});

test("a rule that is disabled says nothing; what cannot be read is told in any case", () => {
  const world = worldOf({ [A]: front("zzz: 1"), [B]: "---\nstatus: done\n---\n" });
  expect(lint(world, undefined, ["unknown-key", "broken-spec", "no-rule"]).map(({ rule }) => rule)).toEqual([
    "broken-spec",
  ]);
});

test("whatever stands in the files, lint returns findings inside of them, the same each time", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string().map((words) => front(words)),
    fc.subarray([A, B, C, `${A}.1`]).map((ids) => front(`depends_on: [${ids.join(", ")}]`)),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(A, B, C, `${A}.1`, "x"), text), (texts) => {
      const world = worldOf(texts);
      const findings = lint(world);
      expect(lint(world)).toEqual(findings);
      for (const { file, line, column, specs } of findings) {
        const words = texts[file.slice(".chant/specs/".length, -3)] ?? "";
        expect(line).toBeLessThanOrEqual(words.split("\n").length);
        expect(Math.min(line, column, specs.length)).toBeGreaterThan(0);
      }
    }),
  );
});

test("a comment that looks like a check and is none is told with its place; one that is right is not", () => {
  const body = [
    "\n# Title\n\nSay <!-- check: lost --> here, and `<!-- check: x -->` in code.\n\n## Acceptance Criteria\n",
    "- [ ] Good <!-- check: npm test -->",
    "- [ ] No colon <!-- check npm test -->",
    "- [ ] Nothing in it <!-- check: -->",
    "- [ ] Not closed <!-- check: npm test",
    "",
    "- [ ] Two <!-- check: one --> <!-- Checks: two -->",
    "- [ ] Below\n  <!-- check: make -->",
    "```\n- [ ] In code <!-- check -->\n```\n",
  ].join("\n");
  const told = linesOf({ [A]: front("status: pending", body) });
  expect(told.map((line) => line.replace(`${A}.md:`, "").replace(" warning broken-check:", ""))).toEqual([
    "7:5 This check stands beside no criterion, so it shows nothing.",
    "12:16 This comment names no command, so it checks nothing.",
    "13:21 This comment names no command, so it checks nothing.",
    "14:18 This comment names no command, so it checks nothing.",
    "16:31 A criterion has one check: this one does not run.",
    "18:3 This check stands beside no criterion, so it shows nothing.",
  ]);
});
