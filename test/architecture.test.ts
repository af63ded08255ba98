import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { examine, YAML_FILES, type Verdict } from "./architecture/rules.ts";

const ROOT = join(import.meta.dirname, "..");

/** A little under what src/ holds: a reader that finds no modules finds no faults either. */
const FLOOR = 40;
const MOST_LINES = 400;

/** Examines a tree of made-up files, path to content, and removes it. */
async function examineTree(files: Readonly<Record<string, string>>): Promise<Verdict> {
  const root = mkdtempSync(join(process.env["CHANT_TEST_ROOT"] ?? "", "architecture-"));
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    return await examine(root, ["src"]);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const importing = (...paths: readonly string[]): string =>
  `${paths.map((path, index) => `import { x as x${index} } from "${path}";`).join("\n")}\nexport const x = 1;\n`;

test("the rooms of src/ import one way only", async () => {
  const { findings, modules } = await examine(ROOT, ["src", "test"]);
  expect(findings).toEqual([]);
  expect(modules.length).toBeGreaterThanOrEqual(FLOOR);
});

test("a tree that keeps the rules has no findings", async () => {
  const { findings, modules } = await examineTree({
    "src/bin.ts": `await import("./main.ts");\n`,
    "src/main.ts": importing("./cli/run.ts", "./host/files.ts"),
    "src/cli/run.ts": importing("../app/list.ts"),
    "src/app/list.ts": importing("../git/log.ts", "../domain/id.ts", "node:path"),
    "src/git/log.ts": importing("../host/files.ts"),
    "src/host/files.ts": importing("node:fs", "node:sqlite", "../kit/text.ts"),
    "src/domain/id.ts": importing("../kit/text.ts"),
    "src/domain/id.test.ts": importing("node:fs", "./id.ts"),
    "src/kit/text.ts": importing(),
  });
  expect(findings).toEqual([]);
  expect(modules).toHaveLength(8);
});

test.each([
  ["kit imports a room", "src/kit/a.ts", "../domain/b.ts", "src/domain/b.ts"],
  ["kit imports node", "src/kit/a.ts", "node:path", "node:path"],
  ["domain reads a file", "src/domain/a.ts", "node:fs", "node:fs"],
  ["git starts a process past host", "src/git/a.ts", "node:child_process", "node:child_process"],
  ["app reads a file past host", "src/app/a.ts", "node:fs/promises", "node:fs/promises"],
  ["store knows git", "src/store/a.ts", "../git/b.ts", "src/git/b.ts"],
  ["host knows the domain", "src/host/a.ts", "../domain/b.ts", "src/domain/b.ts"],
  ["a face imports another", "src/mcp/a.ts", "../cli/b.ts", "src/cli/b.ts"],
  ["a face goes past app", "src/cli/a.ts", "../git/b.ts", "src/git/b.ts"],
  ["app knows its faces", "src/app/a.ts", "../cli/b.ts", "src/cli/b.ts"],
  ["a room imports the start", "src/app/a.ts", "../main.ts", "src/main.ts"],
  ["a second file parses yaml", "src/store/a.ts", "yaml", "yaml"],
  ["a file is in no room", "src/misc/a.ts", "../kit/b.ts", ""],
])("found: %s", async (_, from, specifier, to) => {
  const files = { [from]: importing(specifier), ...(to.startsWith("src/") ? { [to]: importing() } : {}) };
  const { findings } = await examineTree(files);
  const rooms = findings.filter(({ rule }) => rule !== "every import is found");
  expect(rooms.map((finding) => finding.from)).toEqual([from]);
  expect(rooms[0]?.to).toBe(to.replace("node:", ""));
});

test("found: an import that only takes a type", async () => {
  const { findings } = await examineTree({
    "src/kit/a.ts": `import type { B } from "../app/b.ts";\nexport type A = B;\n`,
    "src/app/b.ts": "export type B = 1;\n",
  });
  expect(findings).toContainEqual(expect.objectContaining({ from: "src/kit/a.ts", to: "src/app/b.ts" }));
});

test("found: a cycle of imports", async () => {
  const { findings } = await examineTree({
    "src/kit/a.ts": importing("./b.ts"),
    "src/kit/b.ts": importing("./a.ts"),
  });
  expect(findings).toContainEqual(expect.objectContaining({ rule: "no import cycles" }));
});

test("at most two files parse yaml", () => {
  expect(YAML_FILES.length).toBeLessThanOrEqual(2);
});

test(`no file of src/ is longer than ${MOST_LINES} lines`, () => {
  const names = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  const long = names
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => ({ name, lines: readFileSync(join(ROOT, "src", name), "utf8").split("\n").length - 1 }))
    .filter(({ lines }) => lines > MOST_LINES);
  expect(long).toEqual([]);
});

/** Who may take away what somebody may have written; the rest of chant asks these, which keep it in a snapshot first. */
const REMOVERS: { readonly [word: string]: readonly string[] } = {
  removeWorktree: ["src/app/engine/clean.ts", "src/git/worktree.ts"],
  // Before an agent had it.
  undoWorktree: [
    "src/app/engine/begin.ts",
    "src/app/engine/claim.ts",
    "src/app/engine/clean.ts",
    "src/git/worktree.ts",
  ],
  // Besides worktrees: folders of chant's own that hold nothing of anybody's.
  removeTree: [
    "src/app/ask-place.ts",
    "src/app/check-place.ts",
    "src/app/engine/claim.ts",
    "src/app/engine/clean.ts",
    "src/app/engine/lost-runs.ts",
    "src/app/engine/take-up.ts",
    "src/app/runner/prepare.ts",
    // What checks made since the worktree was judged: nobody else works there meanwhile.
    "src/git/scratch.ts",
    "src/git/worktree.ts",
    "src/host/files.ts",
  ],
};

/** Where a ref is removed: a swap to nothing. */
const REF_REMOVERS = [
  "src/app/cleanup/snapshots.ts",
  "src/app/engine/keep.ts",
  // Names a commit that the target has, or one that was computed and came to nothing: never work of anybody's.
  "src/app/engine/silent/landed.ts",
  "src/git/worktree.ts",
];

test("worktrees, branches and folders are removed where what they hold is kept first, and nowhere else", () => {
  const names = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => `src/${name}`);
  const texts = names.map((name) => [name, readFileSync(join(ROOT, name), "utf8")] as const);
  const having = (pattern: RegExp): readonly string[] =>
    texts.flatMap(([name, text]) => (pattern.test(text) ? [name] : [])).toSorted();
  for (const [word, allowed] of Object.entries(REMOVERS)) {
    expect(having(new RegExp(`\\b${word}\\(`)), word).toEqual(allowed);
  }
  expect(having(/\b(?:swap|swapRef)\((?:[^()]|\([^()]*\))*?\bref,\s*undefined\b/)).toEqual(REF_REMOVERS);
  expect(having(/"worktree",\s*"(?:remove|prune)"|"branch",\s*"-[dD]"/)).toEqual([]);
});
