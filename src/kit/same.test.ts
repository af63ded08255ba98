import fc from "fast-check";
import { expect, test } from "vitest";
import { same } from "./same.ts";

test("plain data is compared by what it holds", () => {
  expect(same({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toBe(true);
  expect(same({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
  expect(same({ a: undefined }, { b: undefined })).toBe(false);
  expect(same([], {})).toBe(false);
  expect(same(["a"], "a")).toBe(false);
  expect(same(0, -0)).toBe(false);
  expect(same(Number.NaN, Number.NaN)).toBe(true);
});

test("law: a copy is the same, and what is the same prints the same", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => same(value, structuredClone(value))));
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 2 }), fc.jsonValue({ maxDepth: 2 }), (a, b) => {
      const [first, second] = [JSON.stringify(a), JSON.stringify(b)];
      // -0 prints as 0.
      if (first === second && !first.includes("0")) expect(same(a, b)).toBe(true);
    }),
  );
});
