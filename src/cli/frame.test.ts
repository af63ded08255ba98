import fc from "fast-check";
import { expect, test } from "vitest";
import { frameText } from "./frame.ts";

// oxlint-disable-next-line no-control-regex
const WRITTEN = /\u001b\[(\d+);1H|\u001b\[(H|2J|K|\?2026[hl])|([\s\S])/g;

/** A terminal that understands what a frame writes. */
function show(screen: readonly string[], text: string): readonly string[] {
  let rows = [...screen];
  let [row, column] = [0, 0];
  for (const [, line, order, character] of text.matchAll(WRITTEN)) {
    if (line !== undefined) [row, column] = [Number(line) - 1, 0];
    else if (order === "2J") rows = [];
    else if (order === "K") rows[row] = (rows[row] ?? "").slice(0, column);
    else if (character !== undefined) {
      const now = (rows[row] ?? "").padEnd(column);
      rows[row] = now.slice(0, column) + character + now.slice(column + 1);
      column += 1;
    }
  }
  return Array.from({ length: rows.length }, (_, at) => rows[at] ?? "");
}

const trimmed = (rows: readonly string[]): string => rows.join("\n").replace(/\n+$/, "");

test("law: after a frame the screen shows its lines, whatever it showed before", () => {
  const lines = fc.array(fc.stringMatching(/^[a-z ]{0,8}$/), { maxLength: 6 });
  fc.assert(
    fc.property(lines, lines, lines, (junk, first, second) => {
      const one = show(junk, frameText(undefined, first));
      expect(trimmed(one)).toBe(trimmed(first));
      expect(trimmed(show(one, frameText(first, second)))).toBe(trimmed(second));
    }),
  );
});

test("only what differs is written, and nothing at all when nothing does", () => {
  expect(frameText(["a", "b", "c"], ["a", "B", "c"])).toBe("\u001b[?2026h\u001b[2;1HB\u001b[K\u001b[?2026l");
  expect(frameText(["a", "b"], ["a", "b"])).toBe("");
});
