/** Lengths and points of time as people write them in the configuration and on the command line. */

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  // As retention counts: no month or year of the calendar.
  y: 365 * 86_400_000,
};

/** What `parseDuration` takes, in words for an error. */
export const DURATION_WORDS = "a number and a unit (s, m, h, d, w or y), such as 30d or 1y";

/** Returns a length of time in milliseconds, or undefined when it is not written as one, such as `90d`. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,6})([smhdwy])$/.exec(text.trim()) ?? [];
  return digits === undefined || unit === undefined ? undefined : Number(digits) * (UNIT_MS[unit] ?? 0);
}

/** What `parseDay` takes, in words for an error. */
export const DAY_WORDS = "a day such as 2026-01-31";

/** A local day: its first millisecond, and the first one after it, since 1970. */
export interface Day {
  readonly startMs: number;
  readonly endMs: number;
}

/** Returns a day of the local calendar, or undefined when it is not written as one or there is none like it. */
export function parseDay(text: string): Day | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim()) ?? [];
  if (year === undefined) return undefined;
  const [y, m, d] = [Number(year), Number(month) - 1, Number(day)];
  const start = new Date(y, m, d);
  start.setFullYear(y);
  if (start.getMonth() !== m || start.getDate() !== d) return undefined;
  const end = new Date(start);
  end.setDate(d + 1);
  return { startMs: start.getTime(), endMs: end.getTime() };
}

/** Returns a point of time in milliseconds since 1970: the beginning of a day, or so long before now. */
export function parseSince(text: string, nowMs: number): number | undefined {
  const agoMs = parseDuration(text);
  return agoMs === undefined ? parseDay(text)?.startMs : nowMs - agoMs;
}
