const BEGIN = "<!-- chant:begin (chant writes what is between these lines) -->";
const END = "<!-- chant:end -->";

/** What stands between chant's marks in a file of somebody else's; `torn` where one mark is without the other. */
type Found =
  | "none"
  | "torn"
  | { readonly from: number; readonly to: number; /** Its own line break. */ readonly eol: string };

function find(text: string): Found {
  // The words in brackets may change from one chant to the next.
  const begins = [...text.matchAll(/^<!-- chant:begin\b.*-->[ \t]*\r?$/gm)];
  const ends = [...text.matchAll(/^<!-- chant:end\b.*-->[ \t]*\r?$/gm)];
  const [begin] = begins;
  const [end] = ends;
  if (begin === undefined && end === undefined) return "none";
  if (begin === undefined || end === undefined || begins.length + ends.length > 2) return "torn";
  if (end.index < begin.index) return "torn";
  const after = end.index + end[0].length;
  const eol = begin[0].endsWith("\r") ? "\r\n" : "\n";
  return { from: begin.index, to: text[after] === "\n" ? after + 1 : after, eol };
}

/**
 * Returns a file with chant's block in it: in the place of the one that is there, else at the end. Nothing else changes.
 * Undefined where the marks do not pair, so that nobody can tell what is whose.
 */
export function withBlock(text: string, content: string): string | undefined {
  const found = find(text);
  if (found === "torn") return undefined;
  const eol = found === "none" ? (/\r?\n/.exec(text)?.[0] ?? "\n") : found.eol;
  const block = [BEGIN, ...content.trim().split("\n"), END, ""].join(eol);
  if (found !== "none") return text.slice(0, found.from) + block + text.slice(found.to);
  // One empty line between, but for a file that does not end with its line: so the way back is known.
  return `${text}${text === "" ? "" : eol}${block}`;
}

/** Returns a file as it was without chant's block; undefined where the marks do not pair. */
export function withoutBlock(text: string): string | undefined {
  const found = find(text);
  if (found === "torn") return undefined;
  if (found === "none") return text;
  const [before, after] = [text.slice(0, found.from), text.slice(found.to)];
  // The line break that came with the block; without an empty line before it, it ends a line of the user's.
  const isOwn = before.endsWith(found.eol + found.eol) || (after === "" && before.endsWith(found.eol));
  return (isOwn ? before.slice(0, -found.eol.length) : before) + after;
}

/** Tells whether chant's block is in a file. */
export const hasBlock = (text: string): boolean => find(text) !== "none";
