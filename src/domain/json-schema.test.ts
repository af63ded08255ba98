import fc from "fast-check";
import { expect, test } from "vitest";
import { schemaProblems } from "./json-schema.ts";
import { PROPOSAL_SCHEMA } from "./proposal.ts";

const MEMBER = { title: "A", description: "Do A.", criteria: ["A is done"] };

const problems = (value: unknown): readonly string[] => schemaProblems(value, PROPOSAL_SCHEMA);

test("what is wrong is said with its place", () => {
  expect(problems({ members: [MEMBER], more: 1 })).toEqual([]);
  expect(problems([])).toEqual(["the answer: it must be an object"]);
  expect(problems({})).toEqual(["members: it is missing"]);
  expect(problems({ members: [] })).toEqual(["members: it needs 1 item or more"]);
  expect(problems({ members: Array.from({ length: 51 }, () => MEMBER) })).toEqual([
    "members: it has more than 50 items",
  ]);
  expect(
    problems({
      members: [
        { ...MEMBER, title: " \n", criteria: "all", depends_on: [0, 1.5, "2"] },
        { title: "x".repeat(201), description: null, criteria: [], split: "yes", target_files: [""] },
      ],
    }),
  ).toEqual([
    "members[0].title: it is empty",
    "members[0].criteria: it must be a list",
    "members[0].depends_on[0]: it must be 1 or more",
    "members[0].depends_on[1]: it must be a whole number",
    "members[0].depends_on[2]: it must be a whole number",
    "members[1].title: it has more than 200 characters",
    "members[1].description: it is missing",
    "members[1].criteria: it needs 1 item or more",
    "members[1].target_files[0]: it is empty",
    "members[1].split: it must be true or false",
  ]);
});

test("no value makes it throw", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      problems(value);
      problems({ members: [value, { ...MEMBER, depends_on: value }] });
    }),
  );
});
