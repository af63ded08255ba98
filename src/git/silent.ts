/** The line of `info/exclude` that keeps everything of chant's out of git. */
export const SILENT_LINE = "/.chant/";

/** As a person writes it, and the Rust chant. */
const LINES: readonly string[] = [SILENT_LINE, "/.chant", ".chant/", ".chant"];

/** Tells whether a repository whose `info/exclude` holds this keeps `.chant` to itself. */
export const isSilentExclude = (text: string): boolean =>
  text.split(/\r?\n/).some((line) => LINES.includes(line.trim()));
