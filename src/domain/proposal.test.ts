import { expect, test } from "vitest";
import { readProposal } from "./proposal.ts";
import { isBroken, parseSpec } from "./spec.ts";
import { planMembers } from "./split-plan.ts";
import { splitPrompt } from "./split-prompt.ts";

const member = (title: string, more: object = {}): object => ({
  title,
  description: `Do ${title}.`,
  criteria: [`${title} is done`],
  ...more,
});

const problemsOf = (members: readonly object[]): readonly string[] => {
  const read = readProposal({ members });
  return read.ok ? [] : read.problems;
};

test("a proposal that holds becomes files: each before its own members, siblings by their ids", () => {
  const read = readProposal({
    members: [
      member("A", { depends_on: [2, 2], target_files: ["src/a.ts"], split: true }),
      member("B", { depends_on: null }),
    ],
  });
  if (!read.ok) throw new Error(read.problems.join());
  const [first, second] = read.members;
  if (first === undefined || second === undefined) throw new Error("two");
  expect([first.needsSplit, second.needsSplit]).toEqual([true, false]);
  const own = [{ ...second, title: "C", members: [] }];
  const planned = planMembers("x-1", [
    { ...first, members: own },
    { ...second, members: [] },
  ]);
  expect(planned.map(({ id, title, dependsOn }) => [id, title, ...dependsOn])).toEqual([
    ["x-1.1", "A", "x-1.2"],
    ["x-1.1.1", "C"],
    ["x-1.2", "B"],
  ]);
  const spec = parseSpec("x-1.1", planned[0]?.text ?? "");
  expect(
    isBroken(spec) ? spec : [spec.status, spec.dependsOn, spec.targetFiles, spec.criteria.length],
  ).toEqual(["pending", ["x-1.2"], ["src/a.ts"], 1]);
});

test("what cannot be meant is refused, with its place", () => {
  expect(problemsOf([member("A"), member("A ")])).toEqual([
    "members[1].title: members[0] has the same title",
  ]);
  expect(problemsOf([member("A", { depends_on: [1, 3] }), member("B")])).toEqual([
    "members[0].depends_on: 1 is the member itself",
    "members[0].depends_on: there is no member 3, only 2",
  ]);
  expect(
    problemsOf([
      member("A", { depends_on: [2] }),
      member("B", { depends_on: [3] }),
      member("C", { depends_on: [1] }),
    ]),
  ).toEqual(["depends_on: members 1, 2, 3 wait for one another"]);
  for (const path of ["/etc/passwd", "../x", "a/../../x", "~/x", String.raw`C:\x`, "a\nb"]) {
    expect(problemsOf([member("A", { target_files: [path] })])).toEqual([
      `members[0].target_files: ${JSON.stringify(path)} is no path inside the repository`,
    ]);
  }
  expect(problemsOf([member("A", { description: "Like so:\n\n```sh\nmake" })])).toEqual([
    "members[0].description: a code fence or comment in it is not closed, or a criterion is empty",
  ]);
});

test("the second prompt holds the first, what was wrong, and the answer that was", () => {
  const what = { title: "T", body: "B", above: [{ title: "Above", body: "Context" }] };
  const first = splitPrompt(what);
  const second = splitPrompt(what, { answer: '{"parts": []}', problems: ["members: it is missing"] });
  expect(first).toContain("### Above\n\nContext");
  expect(second.startsWith(first.trimEnd())).toBe(true);
  expect(second.slice(first.length)).toContain("- members: it is missing");
  expect(second).toContain('{"parts": []}');
});
