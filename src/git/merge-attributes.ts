/** The attributes by which git decides how to merge; others, such as filters, are none of a merge's business. */
const MERGE_ATTRIBUTE = /^[-!]?(text|eol|binary|merge|conflict-marker-size)(=.*)?$/;
const BUILT_IN_DRIVER = /^(merge=(text|binary|union)|[-!]?merge)$/;

/**
 * The lines of one .gitattributes that concern merging, rewritten so that they hold from the top folder. `folder` is
 * where the file is, ending in a slash, or empty. A driver that the configuration would have to name gives way to git's
 * text merge, whatever a file further up says; macros are not expanded.
 */
export function mergeAttributes(text: string, folder: string): readonly string[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, written = "", attributes = ""] =
      /^\s*("(?:[^"\\]|\\.)*"|[^\s#"]\S*)\s+(.+?)\s*$/.exec(line) ?? [];
    const pattern = written.startsWith('"') ? unquoted(written) : written;
    // git takes no pattern that excludes.
    if (pattern === "" || pattern.startsWith("!") || pattern.startsWith("[attr]")) return [];
    const kept = attributes
      .split(/\s+/)
      .filter((word) => MERGE_ATTRIBUTE.test(word))
      .map((word) => (/^[-!]?merge/.test(word) && !BUILT_IN_DRIVER.test(word) ? "!merge" : word));
    return kept.length === 0 ? [] : [`${quoted(anchored(pattern, folder))} ${kept.join(" ")}`];
  });
}

function anchored(pattern: string, folder: string): string {
  if (folder === "") return pattern;
  const below = pattern.startsWith("/")
    ? pattern.slice(1)
    : pattern.includes("/")
      ? pattern
      : `**/${pattern}`;
  return folder.replaceAll(/[*?[\]\\!#"]/g, "\\$&") + below;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  t: "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
};

/** Reads a name in quotes as git writes one: with the escapes of C, octal ones for bytes. */
function unquoted(text: string): string {
  const bytes = Buffer.from(text.slice(1, -1), "utf8").toString("latin1");
  const read = bytes.replaceAll(/\\([0-3][0-7]{2}|.)/gs, (_, code: string) =>
    code.length === 3 ? String.fromCodePoint(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
  );
  return Buffer.from(read, "latin1").toString("utf8");
}

/** Puts a pattern in quotes where git would not take it as one word. */
function quoted(pattern: string): string {
  if (!/[\s"]/.test(pattern) && !pattern.startsWith("#")) return pattern;
  const escaped = Object.entries(ESCAPES).reduce(
    (text, [code, letter]) => text.replaceAll(letter, `\\${code}`),
    pattern.replaceAll(/["\\]/g, "\\$&"),
  );
  return `"${escaped}"`;
}
