import fc from "fast-check";
import { expect, test } from "vitest";
import { compareVersions } from "./version.ts";

test("numbers count as numbers, a version before its release is older, and what is none is oldest", () => {
  const sorted = ["nonsense", "0.1.0-rc.1", "0.1.0", "0.2.0", "0.10.0", "1.0.0-a", "1.0.0-b", "1.0.0"];
  expect(sorted.toReversed().toSorted(compareVersions)).toEqual(sorted);
  expect(compareVersions("1.2.3+build", "v1.2.3")).toBe(0);
});

test("turning the two around turns the sign", () => {
  const version = fc
    .tuple(fc.nat(12), fc.nat(12), fc.nat(12), fc.constantFrom("", "-a", "-b"))
    .map(([major, minor, patch, before]) => `${major}.${minor}.${patch}${before}`);
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0);
    }),
  );
});
