import fc from "fast-check";
import { expect, test } from "vitest";
import { allMembersOf, completedDrivers, driversAbove, groupOf, membersOf } from "./group.ts";
import { isMemberOf } from "./id.ts";
import type { Status } from "./status.ts";
import { STATUSES } from "./status.ts";

const GROUP = ["a", "a.1", "a.10", "a.2", "a.2.1", "a.2.2", "a.2.10", "b", "ab.1"];

const completedBy = (
  just: readonly string[],
  statuses: { readonly [id: string]: Status | undefined },
): readonly string[] =>
  completedDrivers(just, (id) => (just.includes(id) ? "completed" : statuses[id]), Object.keys(statuses));

test("members are told by name, in the order of their numbers", () => {
  expect(membersOf("a", GROUP)).toEqual(["a.1", "a.2", "a.10"]);
  expect(allMembersOf("a", GROUP)).toEqual(["a.1", "a.2", "a.2.1", "a.2.2", "a.2.10", "a.10"]);
  expect(driversAbove("a.2.1", new Set(GROUP))).toEqual(["a.2", "a"]);
  expect(driversAbove("x.1.1", new Set(["x", "x.1.1"]))).toEqual(["x"]);
  expect(groupOf("a.2.1", GROUP)).toEqual(["a", "a.1", "a.2", "a.2.1", "a.2.2", "a.2.10", "a.10"]);
  expect(groupOf("b", GROUP)).toEqual(["b"]);
});

test("the last member completes its driver, and that the one above", () => {
  const statuses: { readonly [id: string]: Status } = {
    a: "pending",
    "a.1": "completed",
    "a.2": "pending",
    "a.2.1": "in_progress",
    "a.2.2": "completed",
  };
  expect(completedBy(["a.2.1"], statuses)).toEqual(["a.2", "a"]);
  expect(completedBy(["a.2.1"], { ...statuses, "a.1": "failed" })).toEqual(["a.2"]);
  expect(completedBy(["a.2.2"], statuses)).toEqual([]);
  expect(completedBy(["b"], { b: "in_progress", ...statuses })).toEqual([]);
});

test("cancelled members do not count as long as one is completed", () => {
  expect(completedBy(["a.1"], { a: "pending", "a.1": "in_progress", "a.2": "cancelled" })).toEqual(["a"]);
  expect(
    completedBy(["a.2.1"], { a: "pending", "a.1": "cancelled", "a.2": "cancelled", "a.2.1": "in_progress" }),
  ).toEqual(["a"]);
  expect(completedBy([], { a: "pending", "a.1": "cancelled" })).toEqual([]);
});

test("a driver that is completed, cancelled, unreadable or missing stays as it is", () => {
  expect(completedBy(["a.1"], { a: "completed", "a.1": "in_progress" })).toEqual([]);
  expect(completedBy(["a.1"], { a: "cancelled", "a.1": "in_progress" })).toEqual([]);
  expect(completedBy(["a.1"], { a: undefined, "a.1": "in_progress" })).toEqual([]);
  expect(completedBy(["a.1"], { "a.1": "in_progress" })).toEqual([]);
  expect(completedBy(["a.2.1"], { a: "pending", "a.2.1": "in_progress" })).toEqual(["a"]);
});

test("a member that cannot be read holds its driver back; a driver missed before is made good", () => {
  expect(completedBy(["a.1"], { a: "pending", "a.1": "in_progress", "a.2": undefined })).toEqual([]);
  expect(
    completedBy(["a.1"], { a: "pending", "a.1": "in_progress", "a.2": "pending", "a.2.1": "completed" }),
  ).toEqual(["a.2", "a"]);
});

test("law: exactly the drivers whose members are all through are completed, and then nothing is left to complete", () => {
  const tree = fc.dictionary(fc.stringMatching(/^a(\.[12]){0,3}$/), fc.constantFrom(...STATUSES), {
    minKeys: 1,
    maxKeys: 10,
  });
  fc.assert(
    fc.property(tree, fc.nat(), (statuses, pick) => {
      const ids = Object.keys(statuses);
      const just = ids[pick % ids.length] ?? "";
      const drivers = completedBy([just], statuses);
      const after = { ...statuses, [just]: "completed" as Status };
      for (const driver of drivers) after[driver] = "completed";
      for (const driver of drivers) {
        const members = ids.filter((id) => isMemberOf(id, driver)).map((id) => after[id]);
        expect(members.filter((status) => status !== "completed" && status !== "cancelled")).toEqual([]);
        expect(members).toContain("completed");
        expect(["completed", "cancelled"]).not.toContain(statuses[driver]);
      }
      expect(completedBy([just], after)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
