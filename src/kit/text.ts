/** What `escapeTerminal` leaves alone. */
export interface EscapeOptions {
  /** Keeps newline and tab as they are. Off by default: one value, one line. */
  readonly keepLayout?: boolean;
}

// Cc is C0, DEL and C1 (with the 8-bit CSI, OSC and DCS); Cs with the flag u is a lone surrogate.
const DANGEROUS = /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}\ufeff]/gu;

/**
 * Makes text that others wrote safe to print: whatever could move the cursor, change colours, start a
 * control string or reverse the reading direction is shown as `\x1b`, `\u202e` and so on.
 */
export function escapeTerminal(text: string, options: EscapeOptions = {}): string {
  return text.replace(DANGEROUS, (found) => {
    if (options.keepLayout === true && (found === "\n" || found === "\t")) return found;
    if (found === "\n") return String.raw`\n`;
    if (found === "\t") return String.raw`\t`;
    const code = found.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** Returns `1 spec`, `2 specs`; `many` is the plural where adding an s does not make it. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** Returns a duration as people say it: `340ms`, `3.2s`, `4m 05s`, `1h 02m`, `2d 03h`. Below zero counts as zero. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, Math.round(durationMs));
  if (ms < 1000) return `${ms}ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return pair(seconds, 60, "m", "s");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 24 * 60) return pair(minutes, 60, "h", "m");
  return pair(Math.floor(minutes / 60), 24, "d", "h");
}

function pair(total: number, base: number, big: string, small: string): string {
  return `${Math.floor(total / base)}${big} ${String(total % base).padStart(2, "0")}${small}`;
}

/** Returns the number of terminal cells a text takes, near enough: wide East Asian characters and emoji take two. */
export function textWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let cells = 0;
  for (const character of text) cells += cellsOf(character);
  return cells;
}

/** After a character that is also a plain sign, asks for the emoji, which is wider by one cell. */
const EMOJI_FORM = "\ufe0f";
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

function cellsOf(character: string): number {
  if (character <= "\u02ff") return 1;
  if (character === EMOJI_FORM) return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Returns rows of cells as lines whose columns are aligned, two spaces apart, with no space at the end of a line. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, textWidth(cell));
  }
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell + " ".repeat((widths[at] ?? 0) - textWidth(cell)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Cuts text to at most `width` cells, the last one being `…` where something was cut. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width < 1) return "";
  let cut = "";
  let cells = 0;
  for (const character of text) {
    cells += cellsOf(character);
    if (cells > width - 1) break;
    cut += character;
  }
  return `${cut}…`;
}

/** Returns the candidate that was probably meant by a mistyped word, or undefined when none is near. */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Ids of one day have most of their letters in common, which costs nothing to skip and much to count. */
function withoutCommonEnds(a: string, b: string): readonly [string, string] {
  const shorter = Math.min(a.length, b.length);
  let from = 0;
  while (from < shorter && a[from] === b[from]) from += 1;
  let end = 0;
  while (end < shorter - from && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return [a.slice(from, a.length - end), b.slice(from, b.length - end)];
}

/** Counts insertions, deletions, replacements and swaps of neighbours; gives up at `limit`. */
function editDistance(whole: string, other: string, limit: number): number {
  if (Math.abs(whole.length - other.length) >= limit) return limit;
  const [a, b] = withoutCommonEnds(whole, other);
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? limit;
}
