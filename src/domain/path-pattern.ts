/** Brings a path as people write it into the form that git has: `./docs/` is `docs`. */
export const plainPath = (path: string): string =>
  path
    .trim()
    .replace(/^(\.\/)+/, "")
    .replace(/\/+$/, "");

export const isPattern = (path: string): boolean => path.includes("*");

/**
 * A path names itself and all below it; `*` stands for a part of one name, `**` for any depth. As in a shell, neither
 * stands for a name that begins with a dot: `**` does not hand over `.chant`.
 */
export function pathPattern(path: string): RegExp {
  const plain = plainPath(path);
  const source = plain
    .split("/")
    .map((name) => (name === "**" ? ANY_FOLDERS : `${namePattern(name)}/`))
    .join("");
  return new RegExp(`^${source.replace(/\/$/, "")}${isPattern(plain) ? "" : "(?:/.*)?"}$`, "s");
}

const ANY_FOLDERS = String.raw`(?:(?!\.)[^/]+(?:/|$))*`;

const namePattern = (name: string): string =>
  (name.startsWith("*") ? String.raw`(?!\.)` : "") +
  name
    .split(/\*+/)
    .map((part) => part.replaceAll(/[\\^$.+?()[\]{}|/-]/g, String.raw`\$&`))
    .join("[^/]*");
