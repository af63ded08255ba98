import fc from "fast-check";
import { expect, test } from "vitest";
import { STATUSES } from "../domain/status.ts";
import { stampOf } from "./spec-cache.ts";
import { packHeads, SpecHeads } from "./spec-heads.ts";

const file = fc.record({
  ino: fc.nat(),
  size: fc.nat(),
  mtimeMs: fc.double({ min: 0, max: 2e12, noNaN: true }),
  ctimeMs: fc.double({ min: 0, max: 2e12, noNaN: true }),
});
const head = fc.record({
  status: fc.constantFrom(...STATUSES, "broken" as const),
  dependsOn: fc.array(fc.string(), { maxLength: 3 }),
});
/** Ids of which some are the beginning of others. */
const rows = fc.uniqueArray(
  fc.record({ id: fc.stringMatching(/^[a-c]{1,3}(\.[1-3])?$/), file, head, isSettled: fc.boolean() }),
  { selector: ({ id }) => id, maxLength: 20 },
);

test("what was packed is found again in any order, under the stamp of its file and no other", () => {
  fc.assert(
    fc.property(rows, fc.infiniteStream(fc.nat()), file, (all, shuffle, other) => {
      const packed = packHeads(
        all.map((row) => ({ id: row.id, ...row.head, stamp: row.isSettled ? stampOf(row.file) : "" })),
      );
      const heads = new SpecHeads(packed);
      expect(heads.size).toBe(all.length);
      const keyed = all.map((row) => [shuffle.next().value ?? 0, row] as const);
      for (const [, row] of [...keyed, ...keyed.toSorted(([a], [b]) => a - b)]) {
        expect(heads.of(row.id, row.file)).toEqual(row.isSettled ? row.head : undefined);
        if (stampOf(other) !== stampOf(row.file)) expect(heads.of(row.id, other)).toBeUndefined();
        expect(heads.of(`${row.id}x`, row.file)).toBeUndefined();
      }
    }),
  );
});

test("a table that is not whole is none", () => {
  const packed = packHeads([{ id: "a", status: "pending", dependsOn: [], stamp: "1 2 3 4" }]);
  const stat = { ino: 1, size: 2, mtimeMs: 3, ctimeMs: 4 };
  expect(new SpecHeads(packed).of("a", stat)).toEqual({ status: "pending", dependsOn: [] });
  for (const length of [0, 1, 8, 31]) {
    const heads = new SpecHeads({ ...packed, stamps: packed.stamps.slice(0, length) });
    expect([heads.size, heads.of("a", stat)]).toEqual([0, undefined]);
  }
  expect(new SpecHeads({ ...packed, lines: "a\tnothing\t" }).of("a", stat)).toBeUndefined();
});
