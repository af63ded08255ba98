import fc from "fast-check";
import { chmod, mkdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { ftsExpression, parseSearch } from "../../src/domain/search.ts";
import { ArchiveFiles } from "../../src/store/archive-files.ts";
import { indexCache } from "../../src/store/index-cache.ts";
import { withSearchable } from "../../src/store/search-files.ts";
import { isBroken } from "../../src/domain/spec.ts";
import { SpecFiles } from "../../src/store/spec-files.ts";
import { SpecShelf } from "../../src/store/spec-shelf.ts";
import { SpecIndex } from "../../src/store/spec-index.ts";
import { specText } from "../kit/spec.ts";
import { tempFolder } from "../kit/temp-repo.ts";

/** Later than any file: what was just written counts as settled. */
const later = (): number => Date.now() + 60_000;

async function place(): Promise<AsyncDisposable & { specs: string; archive: string; index: string }> {
  const folder = await tempFolder();
  const [specs, archive] = [join(folder.path, "specs"), join(folder.path, "archive")];
  await mkdir(specs);
  await mkdir(join(archive, "2026/01"), { recursive: true });
  return {
    specs,
    archive,
    index: join(folder.path, ".store/index.db"),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

type Place = Awaited<ReturnType<typeof place>>;

const id = (n: number): string => `2026-01-01-00${n}-aaa`;
const fast = ({ specs, index }: Place, nowMs = later): SpecFiles =>
  new SpecFiles(specs, indexCache(index, nowMs, 0));
const plainly = ({ specs }: Place): SpecFiles => new SpecFiles(specs);

async function expectSame(here: Place, nowMs = later): Promise<void> {
  const plain = await plainly(here).all();
  expect(await fast(here, nowMs).all()).toEqual(plain);
  const shelf = await SpecShelf.open(here.specs, indexCache(here.index, nowMs, 0));
  for (const each of shelf.ids) {
    const [head, spec] = [shelf.headOf(each), plain.get(each)];
    if (head === undefined || spec === undefined) continue;
    expect(head.status).toBe(isBroken(spec) ? "broken" : spec.status);
    expect(head.dependsOn).toEqual(isBroken(spec) ? [] : spec.dependsOn);
  }
  const [first] = shelf.ids;
  if (first !== undefined) expect((await shelf.read([first])).get(first)).toEqual(plain.get(first));
  expect(await shelf.read(shelf.ids)).toEqual(plain);
}

/** Everything that a search answers, its order included. */
const found = (here: Place, index: string, query: string): Promise<unknown> =>
  withSearchable(
    { ...here, index, archive: new ArchiveFiles(here.archive), nowMs: later },
    async (searchable) => {
      const expression = ftsExpression(parseSearch(query), false) ?? "";
      return searchable
        .search(expression)
        .map(({ row, ...hit }) => ({ ...hit, ...searchable.excerpt(expression, row) }))
        .toSorted((a, b) => a.rank - b.rank || (`${a.place}${a.id}` < `${b.place}${b.id}` ? -1 : 1));
    },
  );

const TEXTS = [
  specText({ title: "Sort the list", body: "Words of one kind" }),
  specText({
    title: "List the words",
    labels: ["ui"],
    status: "failed",
    front: "attention: { reason: no }\n",
  }),
  specText({
    title: "Ünïcode ✓",
    script: "echo words",
    criteria: ["a", "b"],
    dependsOn: ["2026-01-01-001-aaa"],
    front: "priority: 3\n",
  }).replaceAll("\n", "\r\n"),
  "\ufeff---\nstatus: pending\n---\n# A mark before words\n",
  "---\nlabels: [a\n---\n# Broken words\n",
  "words without front matter \u0000 and a zero",
  Buffer.from([0x23, 0x20, 0xff, 0xfe]),
  "",
];

const edit = fc.oneof(
  fc.record({
    kind: fc.constantFrom("write", "replace", "archive"),
    n: fc.integer({ min: 1, max: 5 }),
    text: fc.constantFrom(...TEXTS),
  }),
  fc.record({
    kind: fc.constantFrom("remove", "unarchive"),
    n: fc.integer({ min: 1, max: 5 }),
    text: fc.constant(""),
  }),
  fc.record({
    kind: fc.constantFrom(
      "index gone",
      "index short",
      "index garbage",
      "index half",
      "index old",
      "index read-only",
      "index a folder",
      "two at once",
    ),
    n: fc.constant(0),
    text: fc.constant(""),
  }),
);

/** Another file each time, which has a stamp of its own. */
async function write(path: string, data: string | Buffer): Promise<void> {
  await writeFile(`${path}.new`, data);
  await rename(`${path}.new`, path);
}

async function apply(
  here: Place,
  { kind, n, text }: { kind: string; n: number; text: string | Buffer },
): Promise<void> {
  const file = join(here.specs, `${id(n)}.md`);
  const archived = join(here.archive, `2026/01/${id(n)}.md.gz`);
  if (kind === "write" || kind === "replace") return write(file, text);
  if (kind === "archive") return write(archived, gzipSync(text));
  if (kind === "remove") return rm(file, { force: true });
  if (kind === "unarchive") return rm(archived, { force: true });
  if (kind === "index gone") return rm(join(here.index, ".."), { recursive: true, force: true });
  if (kind === "two at once") {
    await Promise.all([fast(here).all(), fast(here).all(), found(here, here.index, "words")]);
    return;
  }
  await fast(here).all();
  await harm(here, kind).catch(() => {});
}

/** What harm cannot be done (there is no such file, or it is a folder) is none. */
async function harm({ index }: Place, kind: string): Promise<void> {
  if (kind === "index short") await truncate(index, 5000);
  if (kind === "index garbage") await writeFile(index, "no database at all ".repeat(500));
  if (kind === "index half") await truncate(index, 0);
  if (kind === "index read-only") await chmod(index, 0o400);
  if (kind === "index a folder") {
    await rm(index, { recursive: true, force: true });
    await mkdir(index, { recursive: true });
  }
  if (kind === "index old") {
    using db = new DatabaseSync(index);
    db.exec(
      "UPDATE made SET mark = 'another'; UPDATE specs SET spec = '{}'; UPDATE words SET title = 'wrong'",
    );
  }
}

test("whatever happens to files and index, the answers are those of the files", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 8 }), async (edits) => {
      await using here = await place();
      for (const each of edits) {
        await apply(here, each);
        await expectSame(here);
        expect(await found(here, here.index, "words")).toEqual(await found(here, "/dev/null/none", "words"));
      }
    }),
    { numRuns: 40 },
  );
});

test("what the index keeps is not read again", async () => {
  await using here = await place();
  await writeFile(join(here.specs, `${id(1)}.md`), specText({ title: "From the file" }));
  await fast(here).all();
  {
    using db = new DatabaseSync(here.index);
    db.exec("UPDATE specs SET spec = replace(spec, 'From the file', 'From the index')");
  }
  expect((await fast(here).all()).get(id(1))).toMatchObject({ title: "From the index" });
  // Few files are read themselves.
  const few = new SpecFiles(here.specs, indexCache(here.index, later));
  expect((await few.all()).get(id(1))).toMatchObject({ title: "From the file" });
});

test("a file that changed just now is read again: it may change once more under the same stamp", async () => {
  await using here = await place();
  const path = join(here.specs, `${id(1)}.md`);
  for (let n = 0; n < 100; n += 1) {
    // The same length, and often the same tick of the filesystem's clock.
    await writeFile(path, specText({ title: `Title ${n % 10}` }));
    await expectSame(here, Date.now);
  }
});

test("while another process writes, a list reads the files and a search makes an index in memory", async () => {
  await using here = await place();
  await writeFile(join(here.specs, `${id(1)}.md`), specText({ title: "Words" }));
  await fast(here).all();
  using other = await SpecIndex.open(here.index);
  await other.exclusively(async () => {
    await writeFile(join(here.specs, `${id(2)}.md`), specText({ title: "More words" }));
    await expectSame(here);
    expect(await found(here, here.index, "words")).toHaveLength(2);
  });
});

test("no query is an error, and each finds what it says", async () => {
  await using here = await place();
  await writeFile(
    join(here.specs, `${id(1)}.md`),
    specText({ title: "Exit status of a parser", body: "naïve café" }),
  );
  await writeFile(
    join(here.specs, `${id(2)}.md`),
    specText({ title: "Status", body: "an exit of the parsing" }),
  );
  const hits = async (query: string): Promise<number> =>
    ((await found(here, here.index, query)) as unknown[]).length;
  const counts: number[] = [];
  for (const query of ['"exit status"', "exit status", "pars*", "parser", "CAFE naive"]) {
    counts.push(await hits(query));
  }
  expect(counts).toEqual([1, 2, 2, 1, 1]);
  using index = SpecIndex.inMemory();
  const words = fc.string({ unit: fc.constantFrom(..."\" ' * ( ) - ^ : + { } a A N D".split("")) });
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), words), (query) => {
      fc.pre(parseSearch(query).length > 0);
      expect(index.search(ftsExpression(parseSearch(query), true) ?? "")).toEqual([]);
    }),
  );
  expect(await hits("word ".repeat(1000))).toBe(0);
});
