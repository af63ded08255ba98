import { textWidth, truncate } from "../kit/text.ts";
import { type Color, colored } from "./colors.ts";

/** A piece of a line that is safe for a terminal already, in one colour. */
export type Part = string | { readonly text: string; readonly color: Color | undefined };

const textOf = (part: Part): string => (typeof part === "string" ? part : part.text);

/** Returns the parts as one line of at most `width` cells, where one is given; what is cut off ends in `…`. */
export function styledLine(parts: readonly Part[], width: number | undefined, hasColor: boolean): string {
  let room = width ?? Infinity;
  const shown: string[] = [];
  for (const [at, part] of parts.entries()) {
    const isLast = parts.slice(at + 1).every((each) => textOf(each) === "");
    const cells = textWidth(textOf(part));
    // One cell is kept for the sign that more follows.
    const isWhole = cells < room || (isLast && cells <= room);
    const text = isWhole ? textOf(part) : truncate(`${textOf(part)}…`, room);
    shown.push(typeof part === "string" ? text : colored(text, part.color, hasColor));
    room -= cells;
    if (!isWhole) break;
  }
  return shown.join("");
}

/** Pads the columns of rows to the same width; the last column stays as it is. */
export function alignParts(rows: readonly (readonly Part[])[]): readonly (readonly Part[])[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, part] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, textWidth(textOf(part)));
  }
  return rows.map((row) =>
    row.flatMap((part, at): readonly Part[] => {
      const isLast = at === row.length - 1;
      return isLast ? [part] : [part, " ".repeat((widths[at] ?? 0) - textWidth(textOf(part)) + 2)];
    }),
  );
}
