import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type AccountLimit,
  openLimits,
  parseLimits,
  waitsOf,
  withLimit,
  withoutLimit,
  withOwnWaits,
} from "./limits.ts";

const NOW_MS = 1_000_000;
const met = (account: string, untilMs: number): AccountLimit => ({
  account,
  by: "THE_KEY",
  kind: "rate_limit",
  untilMs,
  isGuess: false,
  metAtMs: NOW_MS,
  metBy: "001",
});
const none = parseLimits(undefined);

test("of several limits of one account the latest end holds, whoever tells first, and however often", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.integer({ min: 1, max: 1_000 }))), (all) => {
      const limits = all.reduce((book, [id, inMs]) => withLimit(book, met(id, NOW_MS + inMs), NOW_MS), none);
      for (const id of ["a", "b"]) {
        const ends = all.filter(([account]) => account === id).map(([, inMs]) => NOW_MS + inMs);
        expect(waitsOf(limits, NOW_MS).until.get(id)).toBe(ends.length === 0 ? undefined : Math.max(...ends));
      }
      expect(parseLimits(JSON.parse(JSON.stringify(limits)))).toEqual(limits);
      expect(waitsOf(limits, NOW_MS + 1_000).until.size).toBe(0);
    }),
  );
});

test("told twice, it stays as it was", () => {
  const once = withLimit(none, met("a", NOW_MS + 5), NOW_MS);
  expect(withLimit(once, met("a", NOW_MS + 5), NOW_MS)).toBe(once);
  expect(withLimit(once, met("a", NOW_MS), NOW_MS)).toBe(once);
});

test("what a person clears holds nobody, until it is met again", () => {
  const two = ["a", "b"].reduce((book, id) => withLimit(book, met(id, NOW_MS + 500), NOW_MS), none);
  const cleared = withoutLimit(two, "a", NOW_MS);
  expect(openLimits(cleared, NOW_MS).map(({ account }) => account)).toEqual(["b"]);
  const waits = waitsOf(cleared, NOW_MS);
  expect([...waits.until.keys()]).toEqual(["b"]);
  // Nor by the records of the runs that met it.
  const own = [{ account: "a", resetsAtMs: NOW_MS + 500 }];
  expect(withOwnWaits(waits, own).until.has("a")).toBe(false);
  expect(withOwnWaits(waits, [{ account: "a", resetsAtMs: NOW_MS + 900 }]).until.get("a")).toBe(NOW_MS + 900);
  const again = withLimit(cleared, met("a", NOW_MS + 500), NOW_MS);
  expect(waitsOf(again, NOW_MS).until.get("a")).toBe(NOW_MS + 500);
  expect(withoutLimit(two, undefined, NOW_MS).limits.every(({ isCleared }) => isCleared)).toBe(true);
});

test("turned off, nobody waits for what another run has met", () => {
  const off = { ...withLimit(none, met("a", NOW_MS + 500), NOW_MS), isOff: true };
  const waits = waitsOf(off, NOW_MS);
  expect(withOwnWaits(waits, [{ account: "b", resetsAtMs: NOW_MS + 9 }]).until.size).toBe(0);
});

test("what is no list of limits is none", () => {
  for (const value of [null, 1, "x", [], { limits: 3 }, { limits: [{ account: 1 }, null] }]) {
    expect(parseLimits(value).limits).toEqual([]);
  }
});
