/** Tells a terminal to show what follows at once, and that it is whole; those that do not know it pass over it. */
const BEGIN = "\u001b[?2026h";
const END = "\u001b[?2026l";

/**
 * Returns what turns a screen that shows the lines `previous` into one that shows `next`: only lines that differ are
 * written, each cleared to its end behind the text, so that nothing flickers. Nothing for equal ones.
 * @param previous undefined for a screen that may hold anything
 */
export function frameText(previous: readonly string[] | undefined, next: readonly string[]): string {
  const parts = previous === undefined ? ["\u001b[H\u001b[2J"] : [];
  const before = previous ?? [];
  for (let at = 0; at < Math.max(before.length, next.length); at += 1) {
    const line = next[at] ?? "";
    if (line !== (before[at] ?? "")) parts.push(`\u001b[${at + 1};1H${line}\u001b[K`);
  }
  return parts.length === 0 ? "" : `${BEGIN}${parts.join("")}${END}`;
}
