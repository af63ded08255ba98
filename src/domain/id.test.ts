import fc from "fast-check";
import { expect, test } from "vitest";
import { law } from "../../test/kit/law.ts";
import {
  branchOf,
  compareIds,
  datePrefix,
  driverOf,
  isMemberOf,
  isSpecId,
  makeId,
  nextMemberId,
  nextSequence,
  requireSpecId,
  resolveId,
} from "./id.ts";

const base36 = fc.string({
  unit: fc.constantFrom("0", "1", "9", "a", "q", "z"),
  minLength: 3,
  maxLength: 3,
});
const anyMoment = fc.date({ min: new Date(2000, 0, 1), max: new Date(2090, 0, 1), noInvalidDate: true });

test("ids: what may be one, and what may not", () => {
  const good = [
    "2026-01-22-001-x7m",
    "2026-01-22-001-x7m.1",
    "a",
    "0",
    "a.1.22.3",
    "x".repeat(64),
    "console",
  ];
  const bad = [
    "",
    "-a",
    ".a",
    "a.",
    "a..1",
    "a.b",
    "A",
    "a/b",
    "../a",
    "a b",
    "a\n",
    "é",
    "x".repeat(65),
    "con",
    "nul.1",
    "com1",
    "a.lock",
    "a_b",
    "a\u0000",
    "@",
    "a~1",
  ];
  expect(good.filter((id) => !isSpecId(id))).toEqual([]);
  expect(bad.filter((id) => isSpecId(id))).toEqual([]);
  expect(() => requireSpecId("../x")).toThrow(expect.objectContaining({ code: "SPEC_ID_INVALID" }));
});

test("an id is made of the local date, a base36 sequence and three random digits", () => {
  const dateMs = new Date(2026, 0, 2, 0, 0, 1).getTime();
  expect(makeId({ dateMs, sequence: 1, random: "x7m" })).toBe("2026-01-02-001-x7m");
  expect(makeId({ dateMs, sequence: 35, random: "000" })).toBe("2026-01-02-00z-000");
  expect(makeId({ dateMs, sequence: 36 ** 3, random: "abc" })).toBe("2026-01-02-1000-abc");
  expect(() => makeId({ dateMs, sequence: -1, random: "abc" })).toThrow(RangeError);
  expect(() => makeId({ dateMs, sequence: 1, random: "a/b" })).toThrow(RangeError);
});

test("law: each new sequence is above all before it, and every made id is an id", async () => {
  await law(
    "ids",
    6_000,
    fc.property(anyMoment, fc.array(fc.nat(100_000), { maxLength: 20 }), base36, (date, used, random) => {
      const dateMs = date.getTime();
      const ids = used.map((sequence) => makeId({ dateMs, sequence, random }));
      const next = nextSequence(ids, datePrefix(dateMs));
      expect(next).toBe(Math.max(0, ...used) + 1);
      expect(isSpecId(makeId({ dateMs, sequence: next, random }))).toBe(true);
    }),
  );
});

test("sequences of other days, of members and of ids that people chose", () => {
  const ids = ["2026-01-21-00z-abc", "2026-01-22-002-abc", "2026-01-22-003-abc.9", "my-spec", "2026-01-22-x"];
  expect(nextSequence(ids, "2026-01-22")).toBe(4);
  expect(nextSequence([], "2026-01-22")).toBe(1);
});

test("drivers and members, by name alone", () => {
  expect(driverOf("a.2.1")).toBe("a.2");
  expect(driverOf("a")).toBeUndefined();
  expect(isMemberOf("a.2.1", "a")).toBe(true);
  expect(isMemberOf("a.21", "a.2")).toBe(false);
  expect(isMemberOf("a", "a")).toBe(false);
  expect(nextMemberId("a", ["a", "a.1", "a.10", "a.2.33", "b.50"])).toBe("a.11");
  expect(branchOf("a.1", "chant/")).toBe("chant/a.1");
});

test("ids are ordered by member number, drivers first", () => {
  const sorted = ["2026-01-21-001-zzz", "a", "a.1", "a.1.2", "a.2", "a.9", "a.10", "a.10.1", "b"];
  expect(sorted.toReversed().toSorted(compareIds)).toEqual(sorted);
});

test("law: the order is total and consistent", async () => {
  const id = fc.stringMatching(/^[ab-]{1,2}(\.[012]{1,2}){0,2}$/);
  await law(
    "ids",
    8_000,
    fc.property(id, id, id, (a, b, c) => {
      expect(Math.sign(compareIds(a, b))).toBe(-Math.sign(compareIds(b, a)) + 0);
      expect(compareIds(a, b) === 0).toBe(a === b);
      if (compareIds(a, b) < 0 && compareIds(b, c) < 0) expect(compareIds(a, c)).toBeLessThan(0);
    }),
  );
});

test("a part of an id means the one spec that has it", () => {
  const ids = ["2026-01-22-001-x7m", "2026-01-22-001-x7m.1", "2026-01-22-002-abc", "2026-01-23-001-q00"];
  expect(resolveId("2026-01-22-001-x7m", ids)).toBe("2026-01-22-001-x7m");
  expect(resolveId("x7m", ids)).toBe("2026-01-22-001-x7m");
  expect(resolveId("x7m.1", ids)).toBe("2026-01-22-001-x7m.1");
  expect(resolveId("ABC", ids)).toBe("2026-01-22-002-abc");
  expect(resolveId("2026-01-22-002-abc.md", ids)).toBe("2026-01-22-002-abc");
  expect(resolveId("a", ["a", "ab", "abc"])).toBe("a");
});

test("whole segments at the end win over a part in the middle, and a driver over its members", () => {
  expect(resolveId("x7m.1", ["001-x7m", "001-x7m.1", "001-x7m.10"])).toBe("001-x7m.1");
  expect(resolveId("x7m", ["001-x7m", "002-x7mm"])).toBe("001-x7m");
  expect(resolveId("001", ["001-x7m", "001-x7m.1", "001-x7m.2"])).toBe("001-x7m");
  expect(resolveId("x7m.1", ["001-x7m", "001-x7m.1", "001-x7m.1.4"])).toBe("001-x7m.1");
  expect(() => resolveId("x7m.", ["001-x7m", "001-x7m.1", "001-x7m.2"])).toThrow("matches 2 specs");
  expect(() => resolveId("7m", ["001-x7m", "002-x7m"])).toThrow("matches 2 specs");
});

test("law: whoever writes a whole id gets that spec, and a part of one gets a spec that has it or a refusal", async () => {
  const id = fc.stringMatching(/^[ab]{1,3}-[ab]{1,2}(\.[12]{1,2}){0,2}$/);
  const someIds = fc.uniqueArray(id, { minLength: 1, maxLength: 6 });
  await law(
    "ids",
    6_000,
    fc.property(someIds, fc.nat(), fc.nat(9), fc.nat(9), (ids, pick, from, length) => {
      const whole = ids[pick % ids.length] ?? "";
      expect([whole, `${whole}.md`, whole.toUpperCase()].map((word) => resolveId(word, ids))).toEqual([
        whole,
        whole,
        whole,
      ]);
      const part = whole.slice(from % whole.length).slice(0, length + 1);
      const matches = ids.filter((each) => each.includes(part));
      const meant = refusal(part, ids);
      // Which one is meant does not hang on the order in which they were found.
      expect(refusal(part, ids.toReversed())).toEqual(meant);
      if (typeof meant === "string") expect(matches).toContain(meant);
      else {
        expect(meant).toMatchObject({ code: "SPEC_AMBIGUOUS" });
        expect(matches.length).toBeGreaterThan(1);
      }
    }),
  );
});

test("an ambiguous part lists the matches", () => {
  const ids = ["2026-01-22-002-abc", "2026-01-22-001-x7m"];
  expect(() => resolveId("2026-01-22", ids)).toThrow(
    expect.objectContaining({
      code: "SPEC_AMBIGUOUS",
      message: '"2026-01-22" matches 2 specs:\n  2026-01-22-001-x7m\n  2026-01-22-002-abc',
      hint: "Write more of the id, for example 2026-01-22-001-x7m.",
    }),
  );
  const many = Array.from({ length: 13 }, (_, at) => `s-${at}`);
  expect(() => resolveId("s-", many)).toThrow(/\n {2}and 3 more$/);
});

function refusal(partial: string, ids: readonly string[]): unknown {
  try {
    return resolveId(partial, ids);
  } catch (error) {
    return error;
  }
}

test("an unknown id comes with the nearest one", () => {
  expect(refusal("002-abd", ["2026-01-22-002-abc"])).toMatchObject({
    code: "SPEC_UNKNOWN",
    message: 'No spec matches "002-abd".',
    hint: "Did you mean 2026-01-22-002-abc?",
  });
  expect(refusal("zebra", ["2026-01-22-002-abc"])).toMatchObject({
    hint: 'Run "chant list --all" to see all specs.',
  });
  expect(refusal("", ["2026-01-22-002-abc"])).toMatchObject({ code: "SPEC_UNKNOWN" });
});
