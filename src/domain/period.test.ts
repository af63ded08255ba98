import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDay, parseDuration, parseSince } from "./period.ts";

const DAY_MS = 86_400_000;

test.each([
  ["30d", 30 * DAY_MS],
  ["1y", 365 * DAY_MS],
  ["2w", 14 * DAY_MS],
  ["12h", DAY_MS / 2],
  ["90m", 5_400_000],
  ["5s", 5000],
  [" 5s ", 5000],
  ["0d", 0],
])("%s is %i ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "d", "30", "30 d", "-1d", "1.5d", "30D", "1mo", "9999999d", "forever", "1d2h"])(
  "%j is no duration",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test("a day begins at its midnight here and ends where the next begins, whatever its length", () => {
  const days = fc.date({ min: new Date(1970, 0, 2), max: new Date(2100, 0, 1), noInvalidDate: true });
  fc.assert(
    fc.property(days, (date) => {
      const text = [date.getFullYear(), date.getMonth() + 1, date.getDate()]
        .map((part) => String(part).padStart(2, "0"))
        .join("-");
      const day = parseDay(text);
      if (day === undefined) throw new Error(`${text} is a day`);
      expect(day.startMs).toBeLessThanOrEqual(date.getTime());
      expect(day.endMs).toBeGreaterThan(date.getTime());
      expect(day.endMs - day.startMs).toBeGreaterThan(DAY_MS / 2);
      expect(new Date(day.endMs).getDate()).not.toBe(date.getDate());
    }),
  );
});

test.each(["2026-02-30", "2026-13-01", "2026-00-10", "2026-1-1", "today", "", "2026-01-01T00:00"])(
  "%j is no day",
  (text) => {
    expect(parseDay(text)).toBeUndefined();
  },
);

test("since is a day, or so long ago", () => {
  expect(parseSince("2d", 10 * DAY_MS)).toBe(8 * DAY_MS);
  expect(parseSince("2026-01-01", 0)).toBe(new Date(2026, 0, 1).getTime());
  expect(parseSince("soon", 0)).toBeUndefined();
});
