import { textWidth } from "../kit/text.ts";
import type { Terminal } from "./context.ts";

// oxlint-disable-next-line no-control-regex
const COLOR = /\u001b\[\d*m/g;

/**
 * Returns what replaces the lines painted last by others: the cursor goes up over them, all below is cleared, what is to
 * stay is written, then the new lines. After a resize the old lines take more rows than they were painted in.
 */
export function repaint(
  previous: readonly string[],
  next: readonly string[],
  above: string,
  width: number,
): string {
  const rows = previous.reduce((sum, line) => sum + rowsOf(line, width), 0);
  const up = rows === 0 ? "" : `\u001b[${rows}A\r`;
  return `${up}\u001b[J${above}${next.map((line) => `${line}\n`).join("")}`;
}

const rowsOf = (line: string, width: number): number =>
  Math.max(1, Math.ceil(textWidth(line.replaceAll(COLOR, "")) / Math.max(1, width)));

/** Keeps a few lines at the bottom of a terminal, with what stays above them. */
export class Painter {
  readonly #terminal: Terminal;
  #painted: readonly string[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  paint(lines: readonly string[]): void {
    this.#replace(lines, "");
  }

  /** Writes lines that stay, above the painted ones. */
  print(text: string): void {
    this.#replace(this.#painted, text);
  }

  /** Takes the painted lines away. */
  clear(): void {
    this.#replace([], "");
  }

  #replace(lines: readonly string[], above: string): void {
    if (this.#painted.length === 0 && lines.length === 0) return this.#terminal.err(above);
    this.#terminal.err(repaint(this.#painted, lines, above, this.#terminal.size().width));
    this.#painted = lines;
  }
}
