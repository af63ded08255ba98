import type { AccountLimit } from "../domain/limits.ts";
import { localTime } from "../kit/local-time.ts";
import { escapeTerminal, formatDuration } from "../kit/text.ts";

/** Returns what is known of a limit, as the cells of a table. */
export function limitRow(limit: AccountLimit, nowMs: number): readonly string[] {
  const { account, by, kind, untilMs, isGuess, metBy } = limit;
  const until = `until ${localTime(untilMs).slice(0, -3)}`;
  return [
    account,
    kind === "quota" ? "quota used up" : "rate limit",
    until,
    `in ${formatDuration(Math.max(0, untilMs - nowMs))}`,
    escapeTerminal(
      `${by}; met by ${metBy}${isGuess ? "; no end was told, so this is chant's own wait" : ""}`,
    ),
  ];
}
