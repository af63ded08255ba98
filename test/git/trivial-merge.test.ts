import fc from "fast-check";
import { expect, test } from "vitest";
import { ObjectReader } from "../../src/git/object-reader.ts";
import { newObject, storeObjects } from "../../src/git/objects.ts";
import { git } from "../../src/git/program.ts";
import { commonPlace, findRepository, type Repository } from "../../src/git/repository.ts";
import { Trees } from "../../src/git/tree.ts";
import { mergeTrivially } from "../../src/git/trivial-merge.ts";
import { tempRepo } from "../kit/temp-repo.ts";

/** Contents of files by path; a content may say that it is not a plain file. */
type Files = Readonly<Record<string, string>>;

interface World {
  readonly repository: Repository;
  readonly trees: Trees;
}

async function inRepository(look: (world: World) => Promise<void>): Promise<void> {
  await using repo = await tempRepo();
  const repository = await findRepository(repo.path);
  using reader = new ObjectReader(repository);
  await look({ repository, trees: new Trees(repository, reader) });
}

const MODES = [
  [/^run /, "100755"],
  [/^link /, "120000"],
] as const;

/** Stores a commit of these files. */
async function commit({ repository, trees }: World, files: Files, parents: readonly string[]) {
  const changes = new Map<string, { mode: string; oid: string }>();
  for (const [path, content] of Object.entries(files)) {
    const blob = newObject(repository.hash, "blob", Buffer.from(content));
    await storeObjects(repository, [blob]);
    const mode = MODES.find(([pattern]) => pattern.test(content))?.[1] ?? "100644";
    changes.set(path, content === "submodule" ? { mode: "160000", oid: HEX } : { mode, oid: blob.oid });
  }
  const empty = newObject(repository.hash, "tree", Buffer.alloc(0));
  const { oid: tree, objects } = await trees.with(empty.oid, changes);
  const person = "A <a@example.com> 1700000000 +0000";
  const lines = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${person}`,
    `committer ${person}`,
    "",
    "x\n",
  ];
  const made = newObject(repository.hash, "commit", Buffer.from(lines.join("\n")));
  await storeObjects(repository, [...objects, made]);
  return { tree, commit: made.oid };
}

const HEX = "1234567890123456789012345678901234567890";

/** What chant makes of it, undefined where it declines, and a way to ask git for its result. */
async function merge(world: World, base: Files, ours: Files, theirs: Files) {
  const { repository, trees } = world;
  const start = await commit(world, base, []);
  const [one, two] = [await commit(world, ours, [start.commit]), await commit(world, theirs, [start.commit])];
  const made = await mergeTrivially(
    trees,
    one.tree,
    await trees.diff(start.tree, one.tree),
    await trees.diff(start.tree, two.tree),
    new Set(),
  );
  if (made !== undefined) await storeObjects(repository, made.objects);
  return {
    trivial: made?.oid,
    byGit: async (): Promise<string> => {
      const args = ["merge-tree", "--write-tree", "--no-messages", one.commit, two.commit];
      const result = await git(commonPlace(repository), args, { accept: [0, 1] });
      const [tree = ""] = result.stdout.toString("utf8").split("\n");
      return result.status === 0 ? tree : `conflict, ${tree}`;
    },
  };
}

const text = (...words: readonly string[]): string =>
  ["top", ...words, "bottom"].map((word) => `${word}\n`).join("");

/** Some of them alike, as renames are found by likeness. */
const CONTENTS = [
  text("a", "b", "c"),
  text("a", "b", "d"),
  text("x"),
  "",
  "run a\n",
  "link a\n",
  "submodule",
];

const PATHS = ["a", "a.b", "b", "b/c", "b/d", "d/e/f", "d/e/g", "d/h", "z"];

const files = fc.dictionary(
  fc.constantFrom(...PATHS),
  fc.constantFrom(...CONTENTS, ...CONTENTS.slice(0, 3)),
  {
    maxKeys: 6,
  },
);

/** Changes made by one side; undefined removes. Few, so that most of them do not meet the other side's. */
const edits = fc.dictionary(
  fc.constantFrom(...PATHS, "new", "n/e/w"),
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 4, arbitrary: fc.constantFrom(...CONTENTS) },
    { weight: 12, arbitrary: fc.constantFrom(...CONTENTS.slice(0, 4)) },
  ),
  { minKeys: 1, maxKeys: 3 },
);

/** Drops what cannot stand beside a file of that name, and what is undefined. */
function tidy(all: Readonly<Record<string, string | undefined>>): Files {
  const kept: Record<string, string> = {};
  for (const [path, content] of Object.entries(all)) {
    if (content === undefined) continue;
    for (const other of Object.keys(kept)) {
      if (path.startsWith(`${other}/`) || other.startsWith(`${path}/`)) delete kept[other];
    }
    kept[path] = content;
  }
  return kept;
}

test("whatever is merged in process is what git makes of it", { timeout: 120_000 }, () =>
  inRepository(async (world) => {
    let merged = 0;
    let declined = 0;
    const property = fc.asyncProperty(files, edits, edits, async (start, mine, others) => {
      const base = tidy(start);
      const { trivial, byGit } = await merge(
        world,
        base,
        tidy({ ...base, ...mine }),
        tidy({ ...base, ...others }),
      );
      if (trivial === undefined) {
        declined += 1;
        return;
      }
      merged += 1;
      expect(trivial).toBe(await byGit());
    });
    await fc.assert(property, { numRuns: 700 });
    expect(merged).toBeGreaterThan(150);
    expect(declined).toBeGreaterThan(50);
  }),
);

const BASE: Files = {
  a: text("a"),
  "b/c": text("b", "c", "d", "e"),
  "d/e": text("d"),
  run: "run a\n",
  s: "submodule",
};
const { a: _a, ...withoutA } = BASE;
const { "b/c": moved = "", ...withoutC } = BASE;

const cases: readonly (readonly [string, Files, Files, boolean])[] = [
  ["different files changed", { ...BASE, a: "1\n" }, { ...BASE, "b/c": "2\n" }, true],
  ["different files added in one folder", { ...BASE, "b/x": "1\n" }, { ...BASE, "b/y": "2\n" }, true],
  ["a new folder and a new file", { ...BASE, "n/x": "1\n" }, { ...BASE, m: "2\n" }, true],
  ["a submodule that nobody touched", { ...BASE, a: "1\n" }, { ...BASE, b2: "2\n" }, true],
  ["the same file changed", { ...BASE, a: "1\n" }, { ...BASE, a: "2\n" }, false],
  ["the same change of a file", { ...BASE, a: "1\n" }, { ...BASE, a: "1\n" }, false],
  ["the same file added", { ...BASE, n: "1\n" }, { ...BASE, n: "2\n" }, false],
  ["removed here", withoutA, { ...BASE, "d/e": "2\n" }, false],
  ["removed there", { ...BASE, "d/e": "1\n" }, withoutA, false],
  [
    "renamed here, a file added in the folder there",
    { ...withoutC, "n/c": moved },
    { ...BASE, "b/x": "2\n" },
    false,
  ],
  ["renamed there, changed here", { ...BASE, "b/c": `${moved}more\n` }, { ...withoutC, "n/c": moved }, false],
  ["a file here, a folder there", { ...BASE, n: "1\n" }, { ...BASE, "n/x": "2\n" }, false],
  ["a folder here, a file there", { ...BASE, "n/x": "1\n" }, { ...BASE, n: "2\n" }, false],
  ["made executable here", { ...BASE, run: "a\n" }, { ...BASE, a: "2\n" }, false],
  ["a file became a link there", { ...BASE, a: "1\n" }, { ...BASE, run: "link a\n" }, false],
  ["a submodule added here", { ...BASE, t: "submodule" }, { ...BASE, a: "2\n" }, false],
  ["a submodule became a file there", { ...BASE, a: "1\n" }, { ...BASE, s: "1\n" }, false],
];

for (const [name, ours, theirs, isTrivial] of cases) {
  test(`${name}: ${isTrivial ? "merged in process" : "left to git"}`, () =>
    inRepository(async (world) => {
      const { trivial, byGit } = await merge(world, BASE, ours, theirs);
      expect(trivial).toBe(isTrivial ? await byGit() : undefined);
    }));
}

test("a path that is settled counts on neither side", () =>
  inRepository(async ({ repository, trees }) => {
    const world = { repository, trees };
    const start = await commit(world, BASE, []);
    const ours = await commit(world, { ...BASE, a: "1\n", m: "1\n" }, []);
    const theirs = await commit(world, { ...BASE, a: "2\n", n: "2\n" }, []);
    const made = await mergeTrivially(
      trees,
      ours.tree,
      await trees.diff(start.tree, ours.tree),
      await trees.diff(start.tree, theirs.tree),
      new Set(["a"]),
    );
    const expected = await commit(world, { ...BASE, a: "1\n", m: "1\n", n: "2\n" }, []);
    expect(made?.oid).toBe(expected.tree);
  }));
