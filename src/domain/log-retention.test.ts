import fc from "fast-check";
import { expect, test } from "vitest";
import { type LogFile, planLogs } from "./log-retention.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 1000 * DAY_MS;
const LIMITS = { retentionMs: 30 * DAY_MS, maxBytes: 1000 };

const file = (name: string, ageDays: number, bytes = 10): LogFile => {
  const [, part = "", turn, packed] = /\.(log|raw)(?:\.(\d+))?(\.gz)?$/.exec(name) ?? [];
  return {
    name,
    part: part === "raw" ? "raw" : "log",
    ...(turn === undefined ? {} : { turn: Number(turn) }),
    isPacked: packed !== undefined,
    bytes,
    atMs: NOW_MS - ageDays * DAY_MS,
  };
};
const planned = (...files: readonly LogFile[]): readonly string[] =>
  planLogs(files, LIMITS, NOW_MS).map((step) =>
    step.kind === "put_aside" ? "put_aside" : `${step.kind} ${step.file.name}`,
  );

test("what is fresh and small stays; what is older or larger is put aside, packed, and at last removed", () => {
  expect(planned(file("a.log", 0.5), file("a.raw", 0.5))).toEqual([]);
  expect(planned(file("a.log", 2), file("a.raw", 2))).toEqual(["put_aside"]);
  expect(planned(file("a.log", 0.1, 500), file("a.raw", 0.1, 501))).toEqual(["put_aside"]);
  // One of both was written to just now.
  expect(planned(file("a.log", 0), file("a.raw", 40))).toEqual([]);
  expect(planned(file("a.raw.1", 3), file("a.log.1", 3))).toEqual(["pack a.log.1", "pack a.raw.1"]);
  expect(planned(file("a.log.1.gz", 3), file("a.raw.1.gz", 3))).toEqual([]);
  expect(planned(file("a.raw", 31), file("a.log", 31))).toEqual(["remove a.log", "remove a.raw"]);
  expect(planned(file("a.raw.1.gz", 31), file("a.log.1", 31))).toEqual([
    "remove a.log.1",
    "remove a.raw.1.gz",
  ]);
});

test("kept forever, nothing is ever removed", () => {
  const files = fc.array(
    fc.record({
      name: fc.constantFrom("a.log", "a.raw", "a.log.1", "a.raw.1.gz", "a.log.2.gz"),
      days: fc.nat(2000),
      bytes: fc.nat(3000),
    }),
  );
  fc.assert(
    fc.property(files, (drawn) => {
      const all = drawn.map(({ name, days, bytes }) => file(name, days, bytes));
      const steps = planLogs(all, { ...LIMITS, retentionMs: undefined }, NOW_MS);
      expect(steps.filter(({ kind }) => kind === "remove")).toEqual([]);
    }),
  );
});
