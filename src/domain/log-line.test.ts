import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type LogEntry, logLines, parseLogLine, printedIn, ReadableLog } from "./log-line.ts";

/** Local time, so that the test holds wherever it runs. */
const at = (day: number, hours: number, seconds = 0): number =>
  new Date(2026, 0, day, hours, 30, seconds).getTime();

const launch = (attempt: number, number: number, atMs: number, run = "aaa"): LogEntry => ({
  kind: "launch",
  atMs,
  run,
  attempt,
  launch: number,
  agent: "claude",
  rawFromBytes: 0,
});
const output = (text: string, atMs: number): LogEntry => ({ kind: "output", atMs, text });
const note = (text: string, atMs: number): LogEntry => ({ kind: "note", atMs, text });

test("a line has the whole time, and a mark that tells who wrote it", () => {
  const atMs = Date.UTC(2026, 0, 22, 11, 42, 15, 7);
  expect([
    ...logLines({ ...launch(2, 3, atMs), rawFromBytes: 512 } as LogEntry),
    ...logLines(output("one\n\ntwo", atMs)),
    ...logLines(note("failed: no commits", atMs)),
  ]).toMatchInlineSnapshot(`
    [
      "2026-01-22T11:42:15.007Z # attempt 2, launch 3, run aaa, raw output from byte 512, agent claude",
      "2026-01-22T11:42:15.007Z | one",
      "2026-01-22T11:42:15.007Z | ",
      "2026-01-22T11:42:15.007Z | two",
      "2026-01-22T11:42:15.007Z = failed: no commits",
    ]
  `);
});

test("whatever an agent prints comes back as its output, and never as chant's word", () => {
  const times = fc.integer({ min: 0, max: 4e12 });
  fc.assert(
    fc.property(times, fc.string({ unit: "binary", maxLength: 20 }), (atMs, text) => {
      const read = logLines(output(text, atMs)).map(parseLogLine);
      expect(read).toEqual(text.split("\n").map((line) => output(line, atMs)));
    }),
  );
  fc.assert(
    fc.property(times, fc.nat(), fc.nat(), fc.stringMatching(/^[ -~]+$/), (atMs, n, bytes, agent) => {
      const entry = { ...launch(n, n, atMs), rawFromBytes: bytes, agent } as LogEntry;
      expect(logLines(entry).map(parseLogLine)).toEqual([entry]);
    }),
  );
});

test("other lines are not understood", () => {
  for (const line of ["", "[11:42:15] old", "2026-01-22T11:42:15.007Z ? x", "2026-13-45T11:42:15.007Z | x"]) {
    expect(parseLogLine(line)).toBeUndefined();
  }
});

const read = (...entries: readonly LogEntry[]): string => {
  const log = new ReadableLog();
  return entries.flatMap((entry) => log.lines(entry)).join("\n");
};

describe("what a person reads", () => {
  test("attempts have headers, launches of one attempt do not, and days are named when they change", () => {
    expect(
      read(
        launch(1, 1, at(22, 11)),
        output("hello", at(22, 11, 5)),
        launch(1, 2, at(22, 12)),
        output("late", at(23, 0)),
        note("failed: 503", at(23, 0, 1)),
        launch(2, 3, at(23, 0, 2)),
        output("again", at(23, 0, 3)),
        launch(1, 1, at(24, 9), "bbb"),
      ),
    ).toMatchInlineSnapshot(`
      "== Attempt 1 by agent claude, started 2026-01-22 11:30:00
      [11:30:05] hello
      [12:30:00] == goes on with launch 2
      == 2026-01-23
      [00:30:00] late
      [00:30:01] == failed: 503

      == Attempt 2 by agent claude, started 2026-01-23 00:30:02
      [00:30:03] again

      == Attempt 1 by agent claude, started 2026-01-24 09:30:00"
    `);
  });

  test("a log whose beginning is gone starts with the day", () => {
    expect(read(output("hello", at(22, 11)))).toMatchInlineSnapshot(`
      "== 2026-01-22
      [11:30:00] hello"
    `);
  });
});

test("what an agent printed is told without times, which hold any digits, and without chant's own words", () => {
  const atMs = Date.parse("2026-01-22T10:15:00.503Z");
  const entries: readonly LogEntry[] = [
    { atMs, kind: "note", text: "its runner, process 503, is gone" },
    { atMs, kind: "output", text: "one\ntwo" },
  ];
  const log = entries.flatMap(logLines).join("\n");
  expect(printedIn(`${log}\nhalf a li`)).toEqual(["one", "two"]);
});
