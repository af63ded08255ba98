import { escapeTerminal, textWidth, truncate } from "../kit/text.ts";
import type { SpecView } from "../app/overview.ts";
import { colored, STATUS_COLORS } from "./colors.ts";
import { stateNote, stateWord } from "./spec-words.ts";

export interface ListLook {
  /** Lines are cut to this many cells; undefined off a terminal, where nothing is cut. */
  readonly width: number | undefined;
  readonly hasColor: boolean;
}

/** Returns a list of specs as lines: id, status, criteria done of all, title, and a note in brackets. */
export function listLines(specs: readonly SpecView[], look: ListLook): readonly string[] {
  const rows = specs.map((view) => ({
    view,
    cells: [view.id, stateWord(view), criteriaWord(view)] as const,
    // Where nothing could be read there is no title either.
    rest: [view.title === view.id ? "" : escapeTerminal(view.title), noteText(view)] as const,
  }));
  const widths = [0, 1, 2].map((at) => Math.max(0, ...rows.map(({ cells }) => textWidth(cells[at] ?? ""))));
  return rows.map(({ view, cells, rest }) => {
    const padded = cells.map((cell, at) => cell + " ".repeat((widths[at] ?? 0) - textWidth(cell)));
    const [id = "", status = "", criteria = ""] = padded;
    const [title, note] = fit(rest, look.width, `${id}  ${status}  ${criteria}  `);
    const parts = [
      id,
      colored(status, STATUS_COLORS[view.status], look.hasColor),
      criteria,
      [title, colored(note, "dim", look.hasColor)].filter((part) => part !== "").join(" "),
    ];
    return parts.join("  ").trimEnd();
  });
}

const criteriaWord = ({ criteria }: SpecView): string =>
  criteria.total === 0 ? "-" : `${criteria.done}/${criteria.total}`;

function noteText(view: SpecView): string {
  const note = stateNote(view);
  return note === "" ? "" : `(${escapeTerminal(note)})`;
}

/** Cuts title and note to what is left of the line. */
function fit(
  [title, note]: readonly [string, string],
  width: number | undefined,
  before: string,
): readonly [string, string] {
  if (width === undefined) return [title, note];
  const room = Math.max(0, width - textWidth(before));
  const cut = truncate(title, room);
  const left = room - textWidth(cut) - 1;
  // A note of a few letters says nothing.
  return [cut, left < 12 ? "" : truncate(note, left)];
}
