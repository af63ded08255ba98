/** A line of a markdown text, outside or inside code. */
export interface MarkdownLine {
  /** Offset of the line in the text, in UTF-16 units. */
  readonly start: number;
  /** The line without its line break. */
  readonly raw: string;
  /** The line with HTML comments blanked, character for character; empty on a fence and inside one. */
  readonly visible: string;
  readonly fence?: "open" | "inside" | "close";
  /** The text behind an opening fence, for example `sh`. */
  readonly info?: string;
}

/** A heading and the lines up to the next one. */
export interface Heading {
  /** 1 to 6. */
  readonly level: number;
  /** Without the marks around it. */
  readonly title: string;
}

const OPEN_FENCE = /^[ \t]*(?:(`{3,})([^`]*)|(~{3,})(.*))$/;

/**
 * Splits a markdown text, from an offset on, into lines, telling code fences and HTML comments from the rest. Fences may
 * be indented at will, as they are inside list items.
 */
export function* markdownLines(text: string, from = 0): Generator<MarkdownLine> {
  let fence: string | undefined;
  let commentEnd = from;
  for (let start = from; start < text.length;) {
    const lineEnd = text.indexOf("\n", start);
    const next = lineEnd < 0 ? text.length : lineEnd + 1;
    const contentEnd = lineEnd < 0 ? next : lineEnd;
    const raw = text.slice(
      start,
      text[contentEnd - 1] === "\r" && contentEnd > start ? contentEnd - 1 : contentEnd,
    );
    if (fence !== undefined) {
      const closes =
        raw.trim().startsWith(fence) && raw.trim() === (fence[0] ?? "").repeat(raw.trim().length);
      if (closes) fence = undefined;
      yield { start, raw, visible: "", fence: closes ? "close" : "inside" };
    } else {
      const mayOpen = commentEnd <= start && (raw.includes("```") || raw.includes("~~~"));
      const opening = mayOpen ? OPEN_FENCE.exec(raw) : null;
      if (opening !== null) {
        fence = opening[1] ?? opening[3] ?? "";
        yield { start, raw, visible: "", fence: "open", info: (opening[2] ?? opening[4] ?? "").trim() };
      } else if (commentEnd <= start && !raw.includes("<!--")) {
        yield { start, raw, visible: raw };
      } else {
        const blanked = blankComments(text, start, raw, commentEnd);
        ({ commentEnd } = blanked);
        yield { start, raw, visible: blanked.visible };
      }
    }
    start = next;
  }
}

interface Blanked {
  readonly visible: string;
  /** Where the last comment ends; beyond the line when it goes on. */
  readonly commentEnd: number;
}

function blankComments(text: string, start: number, raw: string, commentEndBefore: number): Blanked {
  let commentEnd = commentEndBefore;
  let visible = raw;
  const blank = (from: number, to: number): void => {
    visible =
      visible.slice(0, from) + " ".repeat(Math.max(0, Math.min(to, raw.length) - from)) + visible.slice(to);
  };
  if (commentEnd > start) blank(0, commentEnd - start);
  // Where the comment of an earlier line ends behind this one, nothing is left to look at.
  for (let at = Math.max(0, commentEnd - start); at < raw.length;) {
    const open = withoutCode(raw, at).indexOf("<!--", at);
    if (open < 0) break;
    const end = endOfComment(text, start + open, raw.slice(0, open).trim() === "");
    if (end === undefined) {
      at = open + 4;
    } else {
      commentEnd = end;
      blank(open, end - start);
      at = end - start;
    }
  }
  return { visible, commentEnd };
}

/** Returns where a comment ends. One that begins a line may run to the end of the text, others end in their paragraph. */
function endOfComment(text: string, open: number, beginsLine: boolean): number | undefined {
  const close = text.indexOf("-->", open + 4);
  if (beginsLine) return close < 0 ? text.length : close + 3;
  return close < 0 || /\n[ \t]*\r?\n/.test(text.slice(open, close)) ? undefined : close + 3;
}

/** Blanks code spans: a comment does not begin in one. */
const withoutCode = (raw: string, from: number): string =>
  raw.includes("`")
    ? raw.slice(0, from) +
      raw.slice(from).replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, (span) => " ".repeat(span.length))
    : raw;

const ATX = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;
const UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/;
// A paragraph of one line: no list item, quote, table, heading or rule.
const ONE_LINE = /^ {0,3}(?![-*+>|#=]|\d+[.)])\S/;

/**
 * Returns the heading on a line, if it is one: `## Title`, or a paragraph of one line that is underlined with `=` or `-`.
 * `before` and `after` are the visible texts of its neighbours.
 */
function headingOf(line: string, before: string, after: string): Heading | undefined {
  const atx = line.includes("#") ? ATX.exec(line) : null;
  if (atx !== null) {
    const title = (atx[2] ?? "").replace(/(?:^|[ \t]+)#+[ \t]*$/, "").trim();
    return { level: (atx[1] ?? "").length, title };
  }
  const underline = line === "" || after === "" ? null : UNDERLINE.exec(after);
  if (underline === null || before.trim() !== "" || !ONE_LINE.test(line)) return undefined;
  return { level: underline[1]?.startsWith("=") === true ? 1 : 2, title: line.trim() };
}

/** Yields every line with the heading on it, if any. */
export function* linesWithHeadings(
  text: string,
  from = 0,
): Generator<{ readonly line: MarkdownLine; readonly heading: Heading | undefined }> {
  let before = "";
  let current: MarkdownLine | undefined;
  for (const next of markdownLines(text, from)) {
    if (current !== undefined) {
      yield { line: current, heading: headingOf(current.visible, before, next.visible) };
      before = current.visible;
    }
    current = next;
  }
  if (current !== undefined) yield { line: current, heading: headingOf(current.visible, before, "") };
}
