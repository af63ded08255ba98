import fc from "fast-check";
import { expect, test } from "vitest";
import { resetTimeIn } from "./reset-time.ts";

/** A Saturday afternoon, wherever this runs. */
const NOW = new Date(2026, 10, 21, 16, 1, 0).getTime();
const local = (day: number, hours: number, minutes: number): number =>
  new Date(2026, 10, day, hours, minutes).getTime();

test.each([
  ["You’ve hit your usage limit. Visit https://x.test/usage or try again at 5:01 PM.", local(21, 17, 1)],
  ["You've hit your usage limit. Try again at Nov 25th, 2026 8:21 AM.", local(25, 8, 21)],
  // Just over: the account may be used again.
  ["try again at 4:00 PM", local(21, 16, 0)],
  // The clock showed that half a day ago: it means the next time.
  ["try again at 12:05 AM.", local(22, 0, 5)],
  ["You've hit your limit · resets 4:30pm (UTC)", local(21, 16, 30)],
  ["Please retry in 34.5s.", NOW + 34_500],
  ["Rate limit reached. Please try again in 1h2m3s.", NOW + 3_723_000],
  ["Please try again in 6 minutes and 30 seconds", NOW + 390_000],
  ["Please try again in 250ms.", NOW + 250],
  ["quota will reset after 2h", NOW + 7_200_000],
  ["Your quota resets in 2 days", NOW + 2 * 86_400_000],
  ["retry after 30", NOW + 30_000],
  ['"retryDelay":"7s"', NOW + 7_000],
  ["blocked until 2026-11-21T20:00:00Z", Date.UTC(2026, 10, 21, 20)],
  ["Please try again later", undefined],
  ["try again at Foo 25th, 2026 8:21 AM", undefined],
  ["retry in 99999999999 days", undefined],
  ["status 429, 30 tokens", undefined],
  ["", undefined],
])("%s", (words, expected) => {
  expect(resetTimeIn(words, NOW)).toBe(expected);
});

test("whatever the words, it is a time or nothing", () => {
  const word = fc.constantFrom(
    "try again",
    "in",
    "at",
    "5",
    ":",
    "01",
    "PM",
    "Nov",
    "25th,",
    "2026",
    "retry",
    "s",
    "h ",
    "resets",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 12 }), (parts) => {
      const time = resetTimeIn(parts.join(" "), NOW);
      expect(time === undefined || Number.isFinite(time)).toBe(true);
    }),
  );
});
