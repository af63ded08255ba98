import { expect, test } from "vitest";
import { summaryText } from "./summary-text.ts";

const nothing = {
  landed: [],
  failed: [],
  attention: [],
  waiting: [],
  skipped: [],
  running: [],
  durationMs: 3200,
  exitStatus: 0,
};

test("counts first, then each that has not landed with its reason and what to type", () => {
  const summary = {
    ...nothing,
    landed: ["001"],
    failed: [{ id: "002", reason: "criterion 1 is open\u001b[2J" }],
    attention: [{ id: "003", reason: "conflict in a.txt" }],
    waiting: [{ id: "004", reason: "local changes", files: ["a.txt", "b.txt"] }],
    skipped: [{ id: "005", reason: "it waits for 002" }],
    running: ["006"],
  };
  expect(summaryText(summary))
    .toBe(`1 spec landed, 1 failed, 1 in need of attention, 1 waiting to land, 1 not started, 1 still under way in 3.2s.

Failed:
  002: criterion 1 is open\\x1b[2J
    $ chant log 002

Need attention:
  003: conflict in a.txt
    $ chant why 003

Done, and waiting to land:
  004: local changes (a.txt, b.txt)
    $ chant work 004

Not started:
  005: it waits for 002
    $ chant why 005

Still under way:
  006
    $ chant log 006 -f
  What they finish lands by the watch, or with the next: chant work
`);
  expect(summaryText(nothing)).toBe("0 specs landed in 3.2s.\n");
});
