/** How far away a time may be that is told as a wait, in seconds: more is no wait but a number of something else. */
const LONGEST_S = 40 * 24 * 3600;

const CLOCK =
  /\b(?:try again at|resets?(?: at)?|available (?:again )?at) (?:([A-Z][a-z]{2}) (\d{1,2})(?:st|nd|rd|th)?,? (\d{4}),? )?(\d{1,2}):(\d{2}) ?([AP]M)/i;
const ISO = /\b(?:until|at|after) (\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))/;
const WAIT =
  /\b(?:(?:retry|try again|resets?|available again)(?: (?:in|after))|retry-after:?|retryDelay"?:?) ?"?((?:\d+(?:\.\d+)? ?(?:ms|milliseconds?|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)?[ ,]*(?:and )?)+)/i;
const PART =
  /(\d+(?:\.\d+)?) ?(ms|milliseconds?|d|days?|h|hours?|hrs?|m|minutes?|mins?|s|seconds?|secs?)?(?![a-z])/gi;

/**
 * Returns the time in words of a program that says when its limit ends, as wall time in milliseconds: a time of the
 * clock here ("try again at 8:21 AM", "... at Nov 25th, 2026 8:21 AM"), a wait ("retry in 1h 20m", "retry after 30"), or
 * a time as ISO 8601. Undefined when they tell none.
 */
export function resetTimeIn(words: string, nowMs: number): number | undefined {
  return clockTime(words, nowMs) ?? isoTime(words) ?? waitFrom(words, nowMs);
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

function clockTime(words: string, nowMs: number): number | undefined {
  const [, month, day, year, hour, minute, half = ""] = CLOCK.exec(words) ?? [];
  if (hour === undefined) return undefined;
  const hours = (Number(hour) % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
  const time = new Date(nowMs);
  if (month !== undefined) {
    const at = MONTHS.indexOf(month.toLowerCase());
    if (at < 0) return undefined;
    time.setFullYear(Number(year), at, Number(day));
  }
  time.setHours(hours, Number(minute), 0, 0);
  // Without a day it is the next time that the clock shows that; what has just passed is over.
  const isTomorrow = month === undefined && nowMs - time.getTime() > 12 * 3600_000;
  if (isTomorrow) time.setDate(time.getDate() + 1);
  return time.getTime();
}

function isoTime(words: string): number | undefined {
  const ms = Date.parse(ISO.exec(words)?.[1] ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}

const UNIT_S: { readonly [first: string]: number } = { d: 86_400, h: 3600, m: 60, s: 1 };

function waitFrom(words: string, nowMs: number): number | undefined {
  const said = WAIT.exec(words)?.[1];
  if (said === undefined) return undefined;
  let seconds = 0;
  for (const [, amount, unit = "s"] of said.matchAll(PART)) {
    const isMilli = /^m(?:s|illi)/i.test(unit);
    seconds += Number(amount) * (isMilli ? 0.001 : (UNIT_S[unit.slice(0, 1).toLowerCase()] ?? 1));
  }
  return seconds > 0 && seconds <= LONGEST_S ? nowMs + Math.ceil(seconds * 1000) : undefined;
}
