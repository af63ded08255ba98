import fc from "fast-check";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ObjectReader } from "../../src/git/object-reader.ts";
import { newObject, storeObjects } from "../../src/git/objects.ts";
import { git } from "../../src/git/program.ts";
import { commonPlace, findRepository, type Repository } from "../../src/git/repository.ts";
import { parseTree, type TreeChanges, Trees } from "../../src/git/tree.ts";
import { tempRepo } from "../kit/temp-repo.ts";

/** A whole tree as its files: by raw path (a character a byte), all of them below folders that are no files. */
type Files = ReadonlyMap<string, { readonly mode: string; readonly oid: string }>;

/** Around the byte of "/", which git sorts folders by; bytes that are no UTF-8; what needs quotes. */
const NAMES = ["a", "a.b", "a-b", "a0", "ab", "A", "a b", "-", "\xff", "\xc3\xa9", "\xe9", "x\ny", '"', "\\"];

const path = fc
  .array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })
  .map((names) => names.join("/"));

const entry = fc.record({
  mode: fc.constantFrom("100644", "100644", "100755", "120000", "160000"),
  oid: fc.nat({ max: 5 }),
});

/** Which files a tree has; the numbers stand for objects. */
const drafts = fc.array(fc.tuple(path, entry), { maxLength: 12 });

const isAbove = (above: string, below: string): boolean => below.startsWith(`${above}/`);

function filesOf(
  draft: readonly (readonly [string, { mode: string; oid: number }])[],
  oids: readonly string[],
): Files {
  const files = new Map<string, { mode: string; oid: string }>();
  for (const [name, { mode, oid }] of draft) {
    if ([...files.keys()].some((each) => isAbove(each, name) || isAbove(name, each))) continue;
    files.set(name, { mode, oid: oids[oid] ?? "" });
  }
  return files;
}

interface World {
  readonly repository: Repository;
  readonly trees: Trees;
  /** Stored blobs. */
  readonly oids: readonly string[];
}

async function inRepository(hash: "sha1" | "sha256", look: (world: World) => Promise<void>): Promise<void> {
  await using repo = await tempRepo({}, { init: [`--object-format=${hash}`] });
  const repository = await findRepository(repo.path);
  expect(repository.hash).toBe(hash);
  using reader = new ObjectReader(repository);
  const blobs = [0, 1, 2, 3, 4, 5].map((n) => newObject(hash, "blob", Buffer.from(`${n}\n`)));
  await storeObjects(repository, blobs);
  const trees = new Trees(repository, reader);
  await look({ repository, trees, oids: blobs.map(({ oid }) => oid) });
  await git(commonPlace(repository), ["fsck", "--no-progress"]);
}

const raw = (text: string): Buffer => Buffer.from(text, "latin1");

/** The tree that git itself makes of these files, by an index. */
async function treeByGit({ repository }: World, files: Files): Promise<string> {
  const place = { ...commonPlace(repository), indexFile: join(repository.commonDir, "index-of-test") };
  await git(place, ["read-tree", "--empty"]);
  const lines = [...files].map(([name, { mode, oid }]) => `${mode} ${oid}\t${name}\0`);
  await git(place, ["update-index", "-z", "--index-info"], { input: raw(lines.join("")) });
  return (await git(place, ["write-tree"])).stdout.toString("latin1").trim();
}

/** The tree that chant makes of these files, stored. */
async function treeByChant(
  { repository, trees }: World,
  tree: string,
  changes: TreeChanges,
): Promise<string> {
  const made = await trees.withRaw(tree, changes);
  await storeObjects(repository, made.objects);
  return made.oid;
}

const emptyTree = (repository: Repository): string => newObject(repository.hash, "tree", raw("")).oid;

/** What `git ls-tree` prints of one folder. */
async function listed({ repository }: World, tree: string): Promise<unknown> {
  const out = (await git(commonPlace(repository), ["ls-tree", "-z", tree])).stdout.toString("latin1");
  return out
    .split("\0")
    .slice(0, -1)
    .map((line) => {
      const [, mode = "", oid = "", name = ""] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      return { mode: mode.replace(/^0/, ""), name, oid };
    });
}

type Side = { readonly mode: string; readonly oid: string } | undefined;

/** What `git diff-tree` says of two trees, by path. */
async function differences({ repository }: World, a: string, b: string): Promise<Map<string, [Side, Side]>> {
  const args = ["diff-tree", "-r", "-z", "--no-renames", a, b];
  const parts = (await git(commonPlace(repository), args)).stdout.toString("latin1").split("\0");
  const found = new Map<string, [Side, Side]>();
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [oldMode = "", mode = "", oldOid = "", oid = ""] = (parts[at] ?? "").slice(1).split(" ");
    const sides: [Side, Side] = [
      oldMode === "000000" ? undefined : { mode: oldMode, oid: oldOid },
      mode === "000000" ? undefined : { mode, oid },
    ];
    found.set(parts[at + 1] ?? "", sides);
  }
  return found;
}

const sideOf = (each: Side): Side => each && { mode: each.mode, oid: each.oid };

describe.each(["sha1", "sha256"] as const)("%s", (hash) => {
  const numRuns = hash === "sha1" ? 30 : 10;

  test("a tree of any files is the one that git makes, and reads as git reads it", () =>
    inRepository(hash, async (world) => {
      const { repository, trees, oids } = world;
      const property = fc.asyncProperty(drafts, async (draft) => {
        const files = filesOf(draft, oids);
        const tree = await treeByGit(world, files);
        const made = await trees.withRaw(emptyTree(repository), files);
        expect(made.oid).toBe(tree);
        const content = (await git(commonPlace(repository), ["cat-file", "tree", tree])).stdout;
        expect(parseTree(content, hash)).toEqual(await listed(world, tree));
      });
      await fc.assert(property, { numRuns });
    }));

  test("a difference is what git says it is, and leads from one tree to the other", () =>
    inRepository(hash, async (world) => {
      const { trees, oids } = world;
      const property = fc.asyncProperty(drafts, drafts, fc.boolean(), async (one, other, isNear) => {
        const [before, after] = [filesOf(one, oids), filesOf(isNear ? [...other, ...one] : other, oids)];
        const [a, b] = [await treeByGit(world, before), await treeByGit(world, after)];
        const diff = await trees.diff(a, b);
        const found = new Map(diff.map(({ path: name, old, now }) => [name, [sideOf(old), sideOf(now)]]));
        expect(found).toEqual(await differences(world, a, b));
        expect(diff).toHaveLength(found.size);
        // In whichever order the changes come: a folder may make room for a file, and a file for a folder.
        for (const changes of [diff, diff.toReversed()]) {
          const to = new Map(changes.map(({ path: name, now }) => [name, sideOf(now)]));
          expect(await treeByChant(world, a, to)).toBe(b);
        }
      });
      await fc.assert(property, { numRuns });
    }));
});

test("a path is found by its readable name, and nothing is found below a file or where nothing is", () =>
  inRepository("sha1", async (world) => {
    const { repository, trees, oids } = world;
    const [oid = ""] = oids;
    const file = { mode: "100644", oid };
    const made = await trees.with(emptyTree(repository), new Map([["a/é/b", file]]));
    await storeObjects(repository, made.objects);
    expect(await trees.find(made.oid, "a/é/b")).toEqual({ ...file, name: "b" });
    expect(await trees.find(made.oid, "a/é")).toMatchObject({ mode: "40000", name: "\xc3\xa9" });
    for (const nothing of ["a/e/b", "a/é/b/c", "b", "a/é/"]) {
      expect(await trees.find(made.oid, nothing)).toBe(undefined);
    }
  }));

test("with its last file a folder goes, and the folders above it that are empty then", () =>
  inRepository("sha1", async (world) => {
    const { repository, trees, oids } = world;
    const file = { mode: "100644", oid: oids[0] ?? "" };
    const one = await treeByChant(world, emptyTree(repository), new Map([["one", file]]));
    const both = await treeByChant(world, one, new Map([["a/b/c", file]]));
    expect(await treeByChant(world, both, new Map([["a/b/c", undefined]]))).toBe(one);
    expect(await treeByChant(world, one, new Map([["one", undefined]]))).toBe(emptyTree(repository));
    expect(await treeByChant(world, one, new Map([["a/b/c", undefined]]))).toBe(one);
    expect(await trees.diff(one, one)).toEqual([]);
  }));

test("a folder whose mode was written with a zero before it keeps what is in it", async () => {
  await using repo = await tempRepo({ "lib/a.txt": "1\n", "lib/b.txt": "2\n", "top.txt": "3\n" });
  const repository = await findRepository(repo.path);
  using reader = new ObjectReader(repository);
  const trees = new Trees(repository, reader);
  const oid = async (name: string): Promise<Buffer> =>
    Buffer.from(await repo.git("rev-parse", `HEAD:${name}`), "hex");
  const content = [raw("040000 lib\0"), await oid("lib"), raw("100644 top.txt\0"), await oid("top.txt")];
  const padded = newObject("sha1", "tree", Buffer.concat(content));
  await storeObjects(repository, [padded]);
  expect((await trees.find(padded.oid, "lib/a.txt"))?.mode).toBe("100644");
  const usual = await repo.git("rev-parse", "HEAD^{tree}");
  expect(await trees.diff(padded.oid, usual)).toEqual([]);
  const change = { mode: "100644", oid: await repo.git("rev-parse", "HEAD:top.txt") };
  const made = await trees.with(padded.oid, new Map([["lib/a.txt", change]]));
  const expected = await trees.with(usual, new Map([["lib/a.txt", change]]));
  expect(made.oid).toBe(expected.oid);
});
