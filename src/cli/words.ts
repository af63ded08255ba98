import { ChantError } from "../kit/errors.ts";

/**
 * Splits a command line into its words as a shell would: spaces part them, quotes and backslashes keep them together.
 * Nothing is expanded.
 * @throws ChantError USAGE when a quote is not closed
 */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  const pattern = /\s+|"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|([^\s"'\\]+)/gsy;
  let current: string | undefined;
  while (pattern.lastIndex < line.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(line);
    if (match === null) {
      throw new ChantError("USAGE", `A quote or backslash is left open in: ${line.slice(at)}`);
    }
    const [whole, double, single, escaped, plain] = match;
    if (/^\s/.test(whole)) {
      if (current !== undefined) words.push(current);
      current = undefined;
    } else {
      current =
        (current ?? "") + (double?.replaceAll(/\\(["\\])/g, "$1") ?? single ?? escaped ?? plain ?? "");
    }
  }
  if (current !== undefined) words.push(current);
  return words;
}
