import { ChantError } from "../kit/errors.ts";
import { DAY_WORDS, DURATION_WORDS, parseDay, parseDuration, parseSince } from "../domain/period.ts";

/**
 * Returns the length of time that a flag gives, in milliseconds.
 * @throws ChantError USAGE
 */
export function requireDuration(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new ChantError("USAGE", `--${flag} takes ${DURATION_WORDS}; not ${JSON.stringify(text)}.`, {
    hint: `For example: --${flag} 30d`,
  });
}

/**
 * Returns the day that a flag gives, as it was written.
 * @throws ChantError USAGE
 */
export function requireDay(flag: string, text: string | undefined): string | undefined {
  if (text === undefined || parseDay(text) !== undefined) return text;
  throw new ChantError("USAGE", `--${flag} takes ${DAY_WORDS}, not ${JSON.stringify(text)}.`, {
    hint: `For example: --${flag} 2026-01-31`,
  });
}

/**
 * Returns from when on a flag asks: milliseconds since 1970. It takes a day, or how long ago.
 * @throws ChantError USAGE
 */
export function requireSince(flag: string, text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const sinceMs = parseSince(text, nowMs);
  if (sinceMs !== undefined) return sinceMs;
  const allowed = `${DAY_WORDS}, or ${DURATION_WORDS}`;
  throw new ChantError("USAGE", `--${flag} takes ${allowed}; not ${JSON.stringify(text)}.`, {
    hint: `For example: --${flag} 7d`,
  });
}
