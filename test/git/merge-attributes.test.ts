import fc from "fast-check";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mergeAttributes } from "../../src/git/merge-attributes.ts";
import { git } from "../../src/git/program.ts";
import { tempRepo, type TempRepo } from "../kit/temp-repo.ts";

const lines = (...all: readonly string[]): string => all.map((line) => `${line}\n`).join("");

test("only what concerns merging is kept, from the top folder as it is written", () => {
  const text = lines(
    "# *.md merge=union",
    "",
    "*.md merge=union diff=markdown",
    "*.png binary",
    '"a b.txt" -merge',
    "*.lock filter=lfs diff=lfs merge=lfs -text",
    "*.c diff=cpp",
    "  *.h text eol=lf  ",
    "*.txt\tconflict-marker-size=20",
    "[attr]mine merge=union",
    "*.gen mine",
    "!not.md merge=union",
  );
  expect(mergeAttributes(text, "")).toEqual([
    "*.md merge=union",
    "*.png binary",
    '"a b.txt" -merge',
    "*.lock !merge -text",
    "*.h text eol=lf",
    "*.txt conflict-marker-size=20",
  ]);
});

test("patterns of a folder below hold for that folder alone", () => {
  const text = lines(
    "*.md merge=union",
    "/top.md -merge",
    "sub/x.md merge",
    '"a \\"b\\".md" binary',
    "dir/ -merge",
  );
  expect(mergeAttributes(text, "docs/")).toEqual([
    "docs/**/*.md merge=union",
    "docs/top.md -merge",
    "docs/sub/x.md merge",
    '"docs/**/a \\"b\\".md" binary',
    "docs/dir/ -merge",
  ]);
  expect(mergeAttributes("*.md merge=union", "#my [docs]/")).toEqual([
    '"\\\\#my \\\\[docs\\\\]/**/*.md" merge=union',
  ]);
});

const FOLDERS = [
  "",
  "docs/",
  "docs/deep/",
  "my docs/",
  "we[i]rd*/",
  "#sharp/",
  "!not/",
  'quo"te/',
  "back\\slash/",
  "é\n/",
];
const NAMES = ["a.md", "b.md", "a b.md", "[a].md", "x", '"a".md', "!a.md", "#a.md"];
const PATTERNS = [
  "*",
  "*.md",
  "a.md",
  "/a.md",
  "/*.md",
  "deep/*.md",
  "**/b.md",
  "docs/**",
  "[ab].md",
  "\\[a\\].md",
  "x",
  "d*/",
  "!a.md",
  '"a b.md"',
  '"/a b.md"',
  '"\\"a\\".md"',
  '"\\141.md"',
  '"deep/\\"a\\".md"',
  "\\!a.md",
  "\\#a.md",
  "#a.md",
  "?.md",
];
const WORDS = [
  "merge=union",
  "merge=binary",
  "merge=text",
  "merge=custom",
  "merge",
  "-merge",
  "!merge",
  "binary",
  "diff=x",
];
const OTHER_WORDS = ["text", "-text", "!text", "eol=crlf", "conflict-marker-size=9", "filter=lfs"];

const line = fc
  .tuple(
    fc.constantFrom(...PATTERNS),
    fc.uniqueArray(fc.constantFrom(...WORDS, ...OTHER_WORDS), { minLength: 1, maxLength: 3 }),
    fc.constantFrom(" ", "\t", "  "),
    fc.constantFrom("\n", "\r\n", " \n"),
  )
  .map(([pattern, words, gap, end]) => `${pattern}${gap}${words.join(gap)}${end}`);

const attributeFiles = fc.uniqueArray(
  fc.tuple(
    fc.constantFrom(...FOLDERS),
    fc.array(line, { minLength: 1, maxLength: 3 }).map((each) => each.join("")),
  ),
  { minLength: 1, maxLength: 4, selector: ([folder]) => folder },
);

/** What each path's attributes come to when files are merged: an unknown driver is git's own for text. */
async function effects(repo: TempRepo, paths: readonly string[]): Promise<readonly string[]> {
  const place = { gitDir: join(repo.path, ".git"), workTree: repo.path, config: "chant" } as const;
  const names = ["merge", "text", "eol", "conflict-marker-size"];
  const args = ["check-attr", "-z", "--stdin", ...names];
  const out = (await git(place, args, { input: paths.map((path) => `${path}\0`).join("") })).stdout.toString(
    "utf8",
  );
  const parts = out.split("\0");
  return paths.map((path, n) => {
    const values = names.map((_, at) => parts[3 * (names.length * n + at) + 2] ?? "");
    const [merge = "", ...rest] = values;
    const driver = merge === "unset" || merge === "binary" ? "binary" : merge === "union" ? "union" : "text";
    return `${path}: ${[driver, ...rest].join(" ")}`;
  });
}

test("rewritten to one file, attributes say of each path what git says by all the files", async () => {
  await using real = await tempRepo();
  await using rewritten = await tempRepo();
  const paths = FOLDERS.flatMap((folder) =>
    ["", "deep/", "docs/", "d/e/"].flatMap((sub) => NAMES.map((name) => folder + sub + name)),
  );
  const property = fc.asyncProperty(attributeFiles, async (files) => {
    await real.git("clean", "-q", "-f", "-d", "-x");
    for (const [folder, text] of files) await real.write({ [`${folder}.gitattributes`]: text });
    const sorted = files.toSorted(([a], [b]) => (a < b ? -1 : 1));
    const one = sorted.flatMap(([folder, text]) => mergeAttributes(text, folder));
    await rewritten.write({ ".git/info/attributes": lines(...one) });
    expect(await effects(rewritten, paths)).toEqual(await effects(real, paths));
  });
  await fc.assert(property, { numRuns: 60 });
});
