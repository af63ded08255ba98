import fc from "fast-check";
import { expect, test } from "vitest";
import { formatSize, parseSize } from "./size.ts";

test("sizes are read as people write them, and nothing else is", () => {
  const cases = ["0", "12B", "1KB", "50MB", "1.5 gb", "2 mb"].map(parseSize);
  expect(cases).toEqual([0, 12, 1024, 50 * 1024 ** 2, 1.5 * 1024 ** 3, 2 * 1024 ** 2]);
  for (const text of ["", "50", "MB", "-1MB", "1e3MB", "1MBB", "1 M", "9999999MB", " 1MB"]) {
    expect(parseSize(text), text).toBeUndefined();
  }
});

test("sizes are said short", () => {
  const cases = [0, 999, 1000, 1024, 1536, 110 * 1024 ** 2, 999.6 * 1024].map(formatSize);
  expect(cases).toEqual(["0 B", "999 B", "1 KB", "1 KB", "1.5 KB", "110 MB", "1 MB"]);
});

test("what is said can be read again, and is near", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 49 }), (bytes) => {
      const again = parseSize(formatSize(bytes).replace("TB", "GB"));
      if (formatSize(bytes).endsWith("TB")) return;
      expect(Math.abs((again ?? 0) - bytes) / bytes).toBeLessThan(0.06);
    }),
  );
});
