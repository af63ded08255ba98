import fc from "fast-check";
import { expect, test } from "vitest";
import { driverMarks } from "./group-marks.ts";
import { isMemberOf } from "./id.ts";
import { cancelMark, completeDriverMark, finalizeMark, type Mark, removeMark, resetMark } from "./mark.ts";
import { STATUSES, type Status } from "./status.ts";

type Statuses = { readonly [id: string]: Status };

const follow = (
  marks: readonly Mark[],
  statuses: Statuses,
  auto: readonly string[] = [],
): readonly string[] =>
  driverMarks(
    marks,
    {
      ids: new Set(Object.keys(statuses)),
      statusOf: (id) => statuses[id],
      isAutoCompleted: (id) => auto.includes(id),
    },
    0,
  ).map(({ message }) => message.replace(/:.*/, ""));

test("the last open member that is finalized, cancelled or removed completes its drivers", () => {
  const statuses: Statuses = {
    a: "pending",
    "a.1": "completed",
    "a.2": "pending",
    "a.2.1": "in_progress",
    "a.2.2": "completed",
  };
  for (const mark of [finalizeMark("a.2.1", 0), cancelMark("a.2.1", 0), removeMark("a.2.1")]) {
    expect(follow([mark], statuses)).toEqual(["Complete a.2", "Complete a"]);
  }
  expect(follow([cancelMark("a.2.2", 0)], statuses)).toEqual([]);
  expect(follow([cancelMark("a.1", 0)], { a: "pending", "a.1": "pending" })).toEqual([]);
  expect(follow([removeMark("a.1")], { a: "pending", "a.1": "pending" })).toEqual([]);
});

test("a member that is reset opens what it had completed, and nothing that a person completed", () => {
  const statuses: Statuses = { a: "completed", "a.1": "completed", "a.1.1": "completed" };
  expect(follow([resetMark("a.1.1")], statuses, ["a", "a.1"])).toEqual(["Reopen a.1", "Reopen a"]);
  expect(follow([resetMark("a.1.1")], statuses, ["a.1"])).toEqual(["Reopen a.1"]);
});

test("what is marked already is not marked twice", () => {
  const statuses: Statuses = { a: "pending", "a.1": "pending", "a.2": "completed" };
  expect(follow([cancelMark("a.1", 0), completeDriverMark("a", 0)], statuses)).toEqual([]);
});

const forest = fc.dictionary(fc.stringMatching(/^[ab](\.[12]){0,3}$/), fc.constantFrom(...STATUSES), {
  minKeys: 1,
  maxKeys: 12,
});

test("law: after one mark no driver above it is pending with all members through, or completed by them with one open", () => {
  fc.assert(
    fc.property(
      forest,
      fc.nat(),
      fc.constantFrom(cancelMark, finalizeMark, resetMark),
      (before, pick, make) => {
        const ids = Object.keys(before);
        const id = ids[pick % ids.length] ?? "";
        const mark = make(id, 0);
        const world = {
          ids: new Set(ids),
          statusOf: (each: string) => before[each],
          isAutoCompleted: () => true,
        };
        const now = { ...before };
        for (const { id: each, changes } of [mark, ...driverMarks([mark], world, 0)]) {
          if (changes !== "remove") now[each] = changes["status"] as Status;
        }
        for (const driver of ids.filter((each) => isMemberOf(id, each))) {
          const members = ids.filter((each) => isMemberOf(each, driver)).map((each) => now[each]);
          const isThrough = members.every((status) => status === "completed" || status === "cancelled");
          if (now[id] !== "pending" && isThrough && members.includes("completed")) {
            expect(["completed", "cancelled"]).toContain(now[driver]);
          }
          if (now[id] === "pending") expect(now[driver]).not.toBe("completed");
        }
      },
    ),
    { numRuns: 500 },
  );
});
