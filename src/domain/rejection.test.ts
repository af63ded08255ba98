import { expect, test } from "vitest";
import { consequenceOf } from "./rejection.ts";
import { isBroken, newSpecText, parseSpec, type Spec } from "./spec.ts";

function specOf(text: string): Spec {
  const spec = parseSpec("001", text);
  if (isBroken(spec)) throw new Error(spec.message);
  return spec;
}

const SPEC = specOf(
  newSpecText({
    title: "Big",
    labels: ["risky"],
    agent: "claude",
    dependsOn: ["x"],
    criteria: ["One <!-- check: npm test -->", "Two", "Three"],
  }),
);

test("manual: the rejection alone", () => {
  expect(consequenceOf(SPEC, "no", "manual", [])).toEqual({ kind: "none" });
});

test("dependency: a new spec that says what was rejected and why", () => {
  const found = consequenceOf(SPEC, "First\nsecond", "dependency", []);
  if (found.kind !== "fix") throw new Error(found.kind);
  const fix = specOf(newSpecText(found.spec));
  expect(fix).toMatchObject({ title: "Fix rejection issues for 001", labels: ["risky"], agent: "claude" });
  expect(fix.body).toContain("> First\n> second");
  expect(fix.criteria).toHaveLength(1);
});

test("group: a member for each criterion, one after the other, each with a gate of its own", () => {
  const found = consequenceOf(SPEC, "no", "group", ["002"]);
  if (found.kind !== "split") throw new Error(found.kind);
  expect(found.changes).toEqual({ type: "driver" });
  const members = found.members.map(({ id, spec }) => ({ id, spec: specOf(newSpecText(spec)) }));
  expect(members.map(({ id }) => id)).toEqual(["001.1", "001.2", "001.3"]);
  expect(members.map(({ spec }) => spec.dependsOn)).toEqual([["x"], ["001.1"], ["001.2"]]);
  for (const { spec } of members) {
    expect(spec).toMatchObject({ type: "code", labels: ["risky"], agent: "claude" });
    expect(spec.approval).toEqual({ required: true, status: "pending" });
  }
  expect(members[0]?.spec.criteria).toMatchObject([{ text: "One", check: "npm test", ticked: false }]);
});

test("what cannot be split is only rejected, and says so", () => {
  const one = specOf(newSpecText({ title: "Small", criteria: ["One"] }));
  expect(consequenceOf(one, "no", "group", [])).toMatchObject({
    kind: "none",
    note: expect.stringContaining("two criteria") as string,
  });
  expect(consequenceOf(SPEC, "no", "group", ["001.1"])).toMatchObject({
    kind: "none",
    note: expect.stringContaining("members") as string,
  });
});
