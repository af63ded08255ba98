import { textWidth } from "../kit/text.ts";
import type { Terminal } from "./context.ts";

// oxlint-disable-next-line no-control-regex
const COLOR = /\u001b\[\d*m/g;

/**
 * Returns what replaces the lines painted last by others: the cursor goes up over them, all below is cleared, what is to
 * stay is written, then the new lines. After a resize the old lines take more rows than they were painted in.
 */
function repaint(previous: readonly string[], next: readonly string[], above: string, width: number): string {
  const rows = previous.reduce((sum, line) => sum + rowsOf(line, width), 0);
  const up = rows === 0 ? "" : `\u001b[${rows}A\r`;
  return `${up}\u001b[J${above}${next.map((line) => `${line}\n`).join("")}`;
}

const rowsOf = (line: string, width: number): number =>
  Math.max(1, Math.ceil(textWidth(line.replaceAll(COLOR, "")) / Math.max(1, width)));

/** Keeps a few lines at the bottom of a terminal, below what stays. */
export class Painter {
  readonly #terminal: Terminal;
  #painted: readonly string[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Paints the lines in the place of the last ones; `above` is written before them, and stays. */
  paint(lines: readonly string[], above = ""): void {
    const isEmpty = this.#painted.length === 0 && lines.length === 0;
    const text = isEmpty ? above : repaint(this.#painted, lines, above, this.#terminal.size().width);
    this.#terminal.err(text);
    this.#painted = lines;
  }
}
