import { expect, test } from "vitest";
import { derive, derivedField, type DerivationRules } from "./derive.ts";
import { parseFrontMatter } from "./front-matter.ts";

const FACTS = {
  branch: "sprint/2026-Q1-W4/PROJ-123-add-auth",
  env: { TEAM_NAME: " platform\n", EMPTY: " " },
  user: { name: "Alice", email: "alice@example.com" },
};
const PATH = ".chant/specs/2026-01-22-001-x7m.md";

function run(front: string, rules: DerivationRules, targetFiles: readonly string[] = []) {
  const read = parseFrontMatter(`---\n${front}---\n`, "strings");
  if (!read.ok) throw new Error(read.message);
  return derive({ targetFiles }, PATH, read.data, rules, FACTS);
}

test("keys come from the branch, the paths, the environment and git's user", () => {
  expect(
    run(
      "status: pending\n",
      {
        sprint: { from: "branch", pattern: String.raw`sprint/(\d{4}-Q\d-W\d)` },
        jira_key: { from: "branch", pattern: String.raw`[A-Z]+-\d+` },
        day: { from: "path", pattern: String.raw`/(\d{4}-\d\d-\d\d)-` },
        component: { from: "path", pattern: String.raw`src/(\w+)/` },
        team: { from: "env", pattern: "TEAM_NAME" },
        owner: { from: "git_user", pattern: "email" },
      },
      ["README.md", "src/api/x.ts"],
    ),
  ).toEqual({
    changes: {
      sprint: "2026-Q1-W4",
      jira_key: "PROJ-123",
      day: "2026-01-22",
      component: "api",
      team: "platform",
      owner: "alice@example.com",
      derived_fields: ["sprint", "jira_key", "day", "component", "team", "owner"],
    },
    kept: [],
    unmatched: [],
    odd: [],
  });
});

test("what a person wrote stays; what was derived before is derived anew; what is not found stays", () => {
  const rules: DerivationRules = {
    team: { from: "env", pattern: "TEAM_NAME" },
    jira_key: { from: "branch", pattern: String.raw`([A-Z]+-\d+)` },
    gone: { from: "env", pattern: "EMPTY" },
  };
  expect(run("team: mine\njira_key: OLD-1\ngone: x\nderived_fields: [jira_key, gone]\n", rules)).toEqual({
    changes: { jira_key: "PROJ-123" },
    kept: ["team"],
    unmatched: ["gone"],
    odd: [],
  });
  const same = "team: platform\njira_key: PROJ-123\nderived_fields: [team, jira_key]\n";
  expect(run(same, rules).changes).toEqual({});
});

test("a value that is none of the allowed ones is taken, and told", () => {
  const team = { from: "env", pattern: "TEAM_NAME", values: ["front", "back"] } as const;
  expect(run("", { team })).toMatchObject({
    changes: { team: "platform" },
    odd: [{ key: "team", value: "platform", values: ["front", "back"] }],
  });
});

test.each([
  [{ team: { from: "branch", pattern: "(" } }],
  [{ team: { from: "nowhere", pattern: "x" } }],
  [{ team: { from: "env", pattern: "a b" } }],
  [{ team: { from: "git_user", pattern: "mail" } }],
  [{ team: { from: "branch", pattern: "x", validate: { type: "enum" } } }],
  [{ status: { from: "branch", pattern: "x" } }],
  [{ "a b": { from: "branch", pattern: "x" } }],
  [{ team: "x" }],
  ["x"],
])("not a rule: %j", (value) => {
  expect(derivedField.read(value)).toBeUndefined();
});

test("rules are read as the Rust chant has them", () => {
  const value = {
    team: { from: "path", pattern: String.raw`teams/(\w+)/`, validate: { type: "enum", values: ["a"] } },
  };
  expect(derivedField.read(value)).toEqual({
    team: { from: "path", pattern: String.raw`teams/(\w+)/`, values: ["a"] },
  });
});
