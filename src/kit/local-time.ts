const pad = (n: number): string => String(n).padStart(2, "0");

/** Returns the local time of day of a wall time in milliseconds since 1970: `09:04:05`. */
export function timeOfDay(atMs: number): string {
  const date = new Date(atMs);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(pad).join(":");
}

/** Returns the local date of a wall time in milliseconds since 1970: `2026-01-22`. */
export function localDay(atMs: number): string {
  const date = new Date(atMs);
  return [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join("-");
}

/** Returns a wall time in milliseconds since 1970 as local date and time: `2026-01-22 09:04:05`. */
export const localTime = (atMs: number): string => `${localDay(atMs)} ${timeOfDay(atMs)}`;
