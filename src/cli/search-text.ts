import { escapeTerminal, plural } from "../kit/text.ts";
import { type Excerpt, piecesOf } from "../domain/search.ts";
import type { FoundSpec, SearchResult } from "../app/search.ts";
import { STATUS_COLORS } from "./colors.ts";
import { alignParts, type Part, styledLine } from "./styled-line.ts";

export interface SearchLook {
  /** Lines are cut to this many cells; undefined off a terminal, where nothing is cut. */
  readonly width: number | undefined;
  readonly hasColor: boolean;
}

/** Returns what was found as lines: id, status and title, and below it the part of the text that matches. */
export function searchLines(found: readonly FoundSpec[], { width, hasColor }: SearchLook): readonly string[] {
  const heads = alignParts(
    found.map(({ id, status }): readonly Part[] => [
      id,
      { text: status.replaceAll("_", " "), color: STATUS_COLORS[status] },
      "",
    ]),
  );
  return found.flatMap(({ title, excerpt, isArchived }, at) => {
    const note: readonly Part[] = isArchived ? [" ", { text: "(archived)", color: "dim" }] : [];
    const head = [...(heads[at] ?? []), ...markedParts(title, hasColor), ...note];
    const rows = excerpt === undefined ? [head] : [head, ["    ", ...markedParts(excerpt, hasColor)]];
    return rows.map((parts) => styledLine(parts, width, hasColor));
  });
}

/** Matches are bold; where there are no colours, they stand between stars. */
const markedParts = (excerpt: Excerpt, hasColor: boolean): readonly Part[] =>
  piecesOf(excerpt).map(({ text, isMatch }): Part => {
    const safe = escapeTerminal(text);
    if (!isMatch) return safe;
    return hasColor ? { text: safe, color: "bold" } : `**${safe}**`;
  });

/** Returns the last line: that nothing was found, or what is not shown. */
export function searchNote({ found, total, inArchive }: SearchResult): string {
  const archived =
    inArchive === 0 ? "" : `${plural(inArchive, "match", "matches")} in the archive (see with --archived)`;
  if (total === 0) return archived === "" ? "No spec matches." : `No active spec matches; ${archived}.`;
  const hidden = total - found.length;
  const rest = hidden === 0 ? [] : [`${plural(hidden, "match", "matches")} more (see with --limit)`];
  const notes = [...rest, ...(archived === "" ? [] : [archived])];
  return notes.length === 0 ? "" : `Not shown: ${notes.join("; ")}.`;
}
